"""All-clears (无事报平安): a grid worker's daily word that nothing happened. Counted, never matched or dispatched."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import ConsumerRecord

from streams.core.all_clear import read_all_clear
from streams.core.scrub import caller_hash
from streams.flow.dead_letters import DeadLetter, received_at
from streams.flow.intake import Intake, attempt
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.topics import ALL_CLEAR_FEED, GRID_ALLCLEARS, RECORDS
from streams.flow.transport import Chunk
from streams.telemetry.metrics import Metrics
from streams.wire.codec import Codec, Record

Row = tuple[Any, ...]


class AllClears:
    """The all-clear step of a worker."""

    def __init__(
        self, log_id: str, grids: frozenset[str], codec: Codec, key: bytes, publisher: Publisher, intake: Intake,
        metrics: Metrics,
    ) -> None:
        """`grids` are the codes of the city's grids and micro-grids."""
        self._log_id = log_id
        self._grids = grids
        self._codec = codec
        self._key = key
        self._publisher = publisher
        self._intake = intake
        self._metrics = metrics

    async def step(self, chunk: Chunk) -> None:
        """Turn a chunk into rows; returns when the broker has confirmed them."""
        taken = [self._attempt(record) for record in chunk.records]
        rows = [one for one in taken if not isinstance(one, DeadLetter)]
        letters = [one for one in taken if isinstance(one, DeadLetter)]
        await asyncio.gather(
            send_rows(self._publisher, chunk.partition, {"all_clears": rows}),
            self._intake.bury(letters, chunk.partition),
        )
        self._metrics.reports.labels(ALL_CLEAR_FEED, "all_clear").inc(len(rows))

    def _attempt(self, record: ConsumerRecord) -> Row | DeadLetter:
        return attempt(self._log_id, record, self._codec, RECORDS[GRID_ALLCLEARS], self._accept)

    def _accept(self, record: ConsumerRecord, clear: Record) -> Row:
        received = received_at(record)
        told = read_all_clear(clear, self._grids, received)
        worker = caller_hash(self._key, told.worker)
        return (self._log_id, record.partition, record.offset, told.number, told.grid, worker, told.at, received)
