"""The recorder: the ledger's rows into ClickHouse.

Alone in waiting for it: dispatch goes on while ClickHouse is away.
"""

from __future__ import annotations

import asyncio

from streams.flow.ledger import decode_rows
from streams.flow.transport import Chunk
from streams.warehouse.writer import Writer


class Recorder:
    """The recording step of a worker."""

    def __init__(self, writer: Writer, ready: asyncio.Event) -> None:
        """`ready` is set once ClickHouse has our tables: rows wait for it, nothing else does."""
        self._writer = writer
        self._ready = ready

    async def step(self, chunk: Chunk) -> None:
        """Hand a chunk's rows to the writer; returns when they are in ClickHouse."""
        chunk.let_go()
        await self._ready.wait()
        await self._writer.write(decode_rows(record.value or b"" for record in chunk.records))
