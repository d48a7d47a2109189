"""The recorder: the ledger's rows into ClickHouse.

Alone in waiting for it: dispatch goes on while ClickHouse is away.
"""
from streams.flow.ledger import decode_rows
from streams.flow.transport import Chunk
from streams.warehouse.writer import Writer


class Recorder:
    """The recording step of a worker."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def step(self, chunk: Chunk) -> None:
        """Hand a chunk's rows to the writer; returns when they are in ClickHouse."""
        await self._writer.write(decode_rows(record.value or b"" for record in chunk.records))
