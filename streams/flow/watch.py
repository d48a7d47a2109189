"""The watch: presence, silence and warnings, live; one lookout for each partition, where triage decides too.

Incidents come from triage in this process, for both have the same partitions; all-clears and beats come over the topic
`signs`. A change of a warning is told on `warnings` first, which is its state, and then to the ledger. Exactly one
worker has a partition, so exactly one decides on a place; and as looks are at fixed moments, a straggler that still
looks would tell the same warnings under the same ids.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from time import time

import structlog
from faust.types import TP

from streams.config import Kafka
from streams.core.lookout import Duty
from streams.core.warnings import ColourWarning
from streams.flow.guard import Step
from streams.flow.ledger import send_rows
from streams.flow.lookouts import Seat, record_of, recover_seat, take_sign
from streams.flow.publisher import Publisher
from streams.flow.reading import Reading
from streams.flow.signs import beat_records
from streams.flow.slow_looks import SlowLooks
from streams.flow.topics import FEED_TOPICS, SIGNS, WARNINGS, partition_of
from streams.flow.transport import Chunk
from streams.flow.triage import Decided
from streams.telemetry.metrics import Metrics
from streams.warehouse.loop_rows import warning_row
from streams.wire.codec import Codec

BEAT_S = 5.0
GRACE_MS = 10_000  # a look waits so long for what came before it: two beats
_TICK_S = 0.5
_Noted = tuple[str, str, str, int, bool]  # incident, area, item, ms UTC, of history
log = structlog.get_logger(__name__)


class Watch:
    """The watch of a worker."""

    topics = frozenset({SIGNS})
    recovered = True  # in this sense: nothing that is dispatched waits for the watch

    def __init__(
        self, kafka: Kafka, duty_of: Callable[[int], Duty], codec: Codec, publisher: Publisher, slow: SlowLooks,
        metrics: Metrics,
    ) -> None:
        self._kafka = kafka
        self._duty_of = duty_of
        self._codec = codec
        self._publisher = publisher
        self._slow = slow
        self._metrics = metrics
        self._reading = Reading()
        self._seats: dict[int, asyncio.Task[Seat]] = {}
        self._waiting: dict[int, list[_Noted]] = defaultdict(list)  # noted while a seat is rebuilt
        self._shown: set[tuple[str, str]] = set()

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin to rebuild the seats of new partitions."""
        for partition in set(partitions) - self._seats.keys():
            self._seats[partition] = asyncio.create_task(self._recover(partition))

    def revoke(self, partitions: Iterable[int]) -> None:
        """Leave the seats of partitions that another worker may have by now."""
        for partition in partitions:
            if seat := self._seats.pop(partition, None):
                seat.cancel()
                self._waiting.pop(partition, None)

    def listening(self, step: Step) -> Step:
        """A feed's step that also notes when the feed was heard."""

        async def listen(chunk: Chunk) -> None:
            await step(chunk)
            self._reading.note(chunk)

        return listen

    def decided(self, decided: Iterable[Decided]) -> None:
        """What triage has decided and made durable."""
        heard: dict[tuple[str, bool], int] = {}
        for event, decision, _ in decided:
            heard[event.area, event.replayed] = event.clock
            if decision.outcome == "new" and (incident := decision.incident):
                noted = (incident.incident_id, incident.area, incident.item, incident.opened_at, event.replayed)
                partition = partition_of(event.area, self._kafka.partitions)
                if seat := self._seat(partition):
                    _note(seat, noted)
                elif partition in self._seats:
                    self._waiting[partition].append(noted)
        for (area, past), at in heard.items():
            if seat := self._seat(partition_of(area, self._kafka.partitions)):
                lookout = seat.lookout
                lookout.past_time(at) if past else lookout.heard(area, at)

    async def step(self, chunk: Chunk) -> None:
        """Take the signs of a chunk."""
        for partition, records in groupby(chunk.records, key=lambda record: record.partition):
            task = self._seats.get(partition)
            if task is not None:  # else it is another's by now, who reads all of them anew
                lookout = (await asyncio.shield(task)).lookout
                for record in records:
                    take_sign(lookout, record.value or b"")

    @asynccontextmanager
    async def running(self, reader: Callable[[], Mapping[TP, tuple[int, int]]]) -> AsyncIterator[None]:
        """Beat and look while the body runs; `reader` tells done and end of every partition, as the consumer does."""
        tasks = [asyncio.create_task(self._beat(reader)), asyncio.create_task(self._look())]
        try:
            yield
        finally:
            for task in (*tasks, *self._seats.values()):
                task.cancel()
            await asyncio.gather(*tasks, *self._seats.values(), return_exceptions=True)
            await self._slow.close()

    def _seat(self, partition: int) -> Seat | None:
        task = self._seats.get(partition)
        return task.result() if task and task.done() and not task.cancelled() and not task.exception() else None

    async def _recover(self, partition: int) -> Seat:
        while True:
            try:
                seat, late = await recover_seat(self._kafka, partition, self._duty_of(partition), self._codec)
                break
            except Exception:
                log.exception("lookout not rebuilt", partition=partition)
                await asyncio.sleep(BEAT_S)
        for noted in self._waiting.pop(partition, ()):
            _note(seat, noted)
        # Told to the topic, perhaps not to the ledger before a crash: the same rows again change nothing.
        await send_rows(self._publisher, partition, {"warnings": [warning_row(warning) for warning in late]})
        self._slow.teach(partition, seat.lookout)
        return seat

    async def _beat(self, reader: Callable[[], Mapping[TP, tuple[int, int]]]) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                beats = self._reading.beats(reader().items(), _now())
                await self._publisher.send_all(SIGNS, beat_records(beats, self._kafka.partitions) if beats else {})
            except Exception:
                log.exception("no beat")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for partition in list(self._seats):
                try:
                    if seat := self._seat(partition):
                        await self._look_from(partition, seat)
                except Exception:
                    log.exception("no look", partition=partition)
            self._show()

    async def _look_from(self, partition: int, seat: Seat) -> None:
        seat.lookout.look(_now() - GRACE_MS)
        told = seat.lookout.take_told()
        if partition == 0:
            told += self._slow.look(seat.lookout.book, _now())
        if told:
            await self._tell(partition, told)

    async def _tell(self, partition: int, told: Sequence[ColourWarning]) -> None:
        records = [(w.warning_id.encode(), self._codec.encode("Warning", record_of(w))) for w in told]
        await self._publisher.send(WARNINGS, partition, records)
        await send_rows(self._publisher, partition, {"warnings": [warning_row(warning) for warning in told]})
        for warning in told:
            subject = warning.sight.subject
            self._metrics.warnings.labels(subject, warning.change).inc()
            log.warning("warning", subject=subject, change=warning.change, colour=warning.colour.name.lower(),
                        place=warning.sight.place, kind=warning.sight.kind)  # fmt: skip

    def _show(self) -> None:
        """Keep the gauges: of warnings that stand here, and of feeds where the whole city is watched."""
        standing: Counter[tuple[str, str]] = Counter()
        for partition in self._seats:
            if seat := self._seat(partition):
                for (subject, colour), count in seat.lookout.book.counts().items():
                    standing[subject, colour.name.lower()] += count
        for labels in self._shown | standing.keys():
            self._metrics.standing_warnings.labels(*labels).set(standing[labels])
        self._shown |= standing.keys()
        self._metrics.feed_quiet.clear()
        if whole := self._seat(0):
            for feed in FEED_TOPICS.values():
                self._metrics.feed_quiet.labels(feed).set(whole.lookout.quiet_ms(feed, _now()) / 1000)


def _note(seat: Seat, noted: _Noted) -> None:
    incident_id, area, item, at, past = noted
    if seat.is_new(incident_id):
        (seat.lookout.past_incident if past else seat.lookout.incident)(area, item, at)


def _now() -> int:
    return int(time() * 1000)
