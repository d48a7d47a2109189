"""All-clears (无事报平安): a grid worker's daily word that nothing happened. Counted, never matched or dispatched.

They come by the ten thousand a second at the cut-off, so the usual form is read straight from its bytes, a second is
turned into a moment once, and a grid is told to the watch once a day. Everything else takes the codec's way. Who sent
it is not kept: presence is a grid's, not a person's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord

from streams.core.accept import MAX_AGE_MS, MAX_EARLY_MS
from streams.core.all_clear import read_all_clear
from streams.core.deadline import DAY, UTC_OFFSET
from streams.core.localtime import to_ms
from streams.core.presence import day_of
from streams.flow.dead_letters import DeadLetter, received_at
from streams.flow.intake import Intake, attempt
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.signs import clear_records
from streams.flow.topics import ALL_CLEAR_FEED, GRID_ALLCLEARS, RECORDS, SIGNS
from streams.flow.transport import Chunk
from streams.telemetry.metrics import Metrics
from streams.wire.all_clear import quick_fields
from streams.wire.codec import Codec, Record

Row = tuple[Any, ...]
_SECONDS_KEPT = 100_000  # more than a day's
IN_A_GO = 50  # records: a tenth of a millisecond


class AllClears:
    """The all-clear step of a worker."""

    def __init__(
        self, log_id: str, grids: frozenset[str], codec: Codec, publisher: Publisher, intake: Intake,
        partitions: int, metrics: Metrics,
    ) -> None:
        """`grids` are the codes of the city's grids and micro-grids."""
        self._log_id = log_id
        self._codes = grids
        self._grids = {code.encode(): code for code in grids}
        self._codec = codec
        self._publisher = publisher
        self._intake = intake
        self._partitions = partitions
        self._times: dict[bytes, int] = {}
        self._told: dict[str, int] = {}  # grid -> the day of which the watch was told
        self._count = metrics.reports.labels(ALL_CLEAR_FEED, "all_clear")

    async def step(self, chunk: Chunk) -> None:
        """Turn a chunk into rows and signs; returns when the broker has confirmed them."""
        rows, letters = await self._intake.goes.take(chunk.records, IN_A_GO, self._take)
        fresh = self._fresh(rows)
        chunk.let_go()
        await asyncio.gather(
            send_rows(self._publisher, chunk.partition, {"all_clears": rows}),
            self._publisher.send_all(SIGNS, clear_records(fresh, self._partitions)),
            self._intake.bury(letters, chunk.partition),
        )
        self._told.update((grid, day_of(at)) for grid, at in fresh)
        self._count.inc(len(rows))

    def _take(self, records: Sequence[ConsumerRecord]) -> tuple[list[Row], list[DeadLetter]]:
        rows: list[Row] = []
        letters: list[DeadLetter] = []
        prefix = self._codec.prefix(RECORDS[GRID_ALLCLEARS])
        for record in records:
            row = self._quick(record, prefix)
            if row is not None:
                rows.append(row)
                continue
            taken = attempt(self._log_id, record, self._codec, RECORDS[GRID_ALLCLEARS], self._accept)
            if isinstance(taken, DeadLetter):
                letters.append(taken)
            else:
                rows.append(taken)
        return rows, letters

    def _quick(self, record: ConsumerRecord, prefix: bytes) -> Row | None:
        """The row of a record of the usual form, None for any other."""
        fields = None if record.headers or not record.value else quick_fields(record.value, prefix)
        if fields is None:
            return None
        number, grid, at = fields[0].decode(), self._grids.get(fields[1]), self._times.get(fields[2])
        if at is None:
            at = self._moment(fields[2])
        if grid is None or at is None or not number or number != number.strip():
            return None
        received = record.timestamp
        if not 0 < received - at + MAX_EARLY_MS <= MAX_AGE_MS:  # within both bounds, and more narrowly than `_accept`
            return None
        return (self._log_id, record.partition, record.offset, number, grid, at, received)

    def _moment(self, text: bytes) -> int | None:
        try:
            at = to_ms(text.decode())
        except ValueError:
            return None
        if len(self._times) >= _SECONDS_KEPT:
            self._times.clear()
        self._times[text] = at
        return at

    def _fresh(self, rows: list[Row]) -> list[tuple[str, int]]:
        """Grids, each with a time, of whose day the watch was not told yet."""
        told = self._told
        days = {
            (row[4], day): row[5] for row in rows if told.get(row[4]) != (day := (row[5] + UTC_OFFSET) // DAY)
        }  # fmt: skip
        return [(grid, at) for (grid, _), at in days.items()]

    def _accept(self, record: ConsumerRecord, clear: Record) -> Row:
        received = received_at(record)
        told = read_all_clear(clear, self._codes, received)
        return (self._log_id, record.partition, record.offset, told.number, told.grid, told.at, received)
