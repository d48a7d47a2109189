"""All-clears (无事报平安): a grid worker's daily word that nothing happened. Counted, never matched or dispatched."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import ConsumerRecord

from streams.core.accept import MAX_AGE_MS, MAX_EARLY_MS
from streams.core.localtime import to_ms
from streams.core.scrub import caller_hash
from streams.errors import RefusedError
from streams.flow.dead_letters import DeadLetter, received_at
from streams.flow.intake import Intake, attempt
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.topics import ALL_CLEAR_FEED, GRID_ALLCLEARS, RECORDS
from streams.flow.transport import Chunk
from streams.telemetry.metrics import Metrics
from streams.wire.codec import Codec, Record

Row = tuple[Any, ...]
_NUMBER_CHARS = 128  # as for reports


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
        number, grid = clear["number"].strip(), clear["grid_code"].strip()
        if not number:
            raise RefusedError("missing_field", "number is missing or empty")
        if len(number) > _NUMBER_CHARS:
            raise RefusedError("bad_value", f"number has {len(number)} characters, at most {_NUMBER_CHARS} are taken")
        if grid not in self._grids:
            raise RefusedError("unknown_area", f"{grid[:20]!r} is no grid of this city")
        worker = caller_hash(self._key, clear["worker"] or "")
        at, received = _time(clear["report_time"]), received_at(record)
        if not -MAX_AGE_MS <= at - received <= MAX_EARLY_MS:
            raise RefusedError("bad_time", f"report_time is {(at - received) // 60_000:+} min from its receipt")
        return (self._log_id, record.partition, record.offset, number, grid, worker, at, received)


def _time(text: str) -> int:
    try:
        return to_ms(text)
    except ValueError as error:
        raise RefusedError("bad_time", f"report_time: {error}") from None
