"""Intake: chunks of the three feeds' records become events, or dead letters."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from time import time
from typing import TypeVar

import msgspec
import structlog
from aiokafka import ConsumerRecord

from streams.core.accept import Door, Envelope
from streams.core.event import Event
from streams.core.normalise import normalise
from streams.errors import RefusedError
from streams.flow.batches import Outgoing
from streams.flow.dead_letters import DeadLetter, dead_letter, received_at, refused_at_a_door
from streams.flow.ledger import send_rows
from streams.flow.opinions import Opinions
from streams.flow.publisher import Publisher
from streams.flow.rows import dead_letter_row
from streams.flow.topics import DEAD_LETTERS, EVENTS, EVENTS_URGENT, POLICE_ALERTS, RECORDS, REPORT_TOPICS, partition_of
from streams.flow.transport import Chunk
from streams.flow.unhurried import Goes
from streams.telemetry.metrics import Metrics
from streams.wire.codec import Codec, Record
from streams.wire.registry import RegistryError

REPLAY_HEADER = "sanwang-replay"  # history fed in again: its clock is the event's own
EVENTS_PER_RECORD = 100  # keeps a record of the events topics well under the broker's limit and a chunk of them short
MAX_RECORD_BYTES = 400_000
IN_A_GO = 10  # reports: half a millisecond
#: Of a feed's record. An event carries its text and place on, through orders and ledger, which must stay below Kafka's
#: own limit; an honest record has a tenth of this.
MAX_REPORT_BYTES = 200_000
_encoder = msgspec.msgpack.Encoder()
log = structlog.get_logger(__name__)
T = TypeVar("T")


class Intake:
    """The intake step of a worker."""

    def __init__(
        self, log_id: str, partitions: int, codec: Codec, door: Door, opinions: Opinions, publisher: Publisher,
        metrics: Metrics,
    ) -> None:  # fmt: skip
        self._log_id = log_id
        self._partitions = partitions
        self._codec = codec
        self._door = door
        self._opinions = opinions
        self._publisher = publisher
        self._metrics = metrics
        self._urgent = Goes()
        #: Of all works that are not urgent, those of other steps too.
        self.goes = Goes()

    async def step(self, chunk: Chunk) -> None:
        """Decode, scrub, place and classify a chunk; returns when its events and dead letters are confirmed."""
        self._metrics.clock_ahead.labels(chunk.topic).set(chunk.records[-1].timestamp / 1000 - time())
        goes = self._urgent if chunk.topic == POLICE_ALERTS else self.goes
        events, letters = await goes.take(chunk.records, IN_A_GO, self._take)
        events = self._opinions.on(events)
        chunk.let_go()
        self._count(events)
        await asyncio.gather(
            *(self._publisher.send_all(lane, by_partition) for lane, by_partition in self._sorted(events).items()),
            self.bury(letters, chunk.partition),
        )

    def _take(self, records: Sequence[ConsumerRecord]) -> tuple[list[Event], list[DeadLetter]]:
        events: list[Event] = []
        letters: list[DeadLetter] = []
        for record in records:
            taken = attempt(self._log_id, record, self._codec, RECORDS[record.topic], self._accept)
            if isinstance(taken, DeadLetter):
                letters.append(taken)
            else:
                events.append(taken)
        return events, letters

    def _count(self, events: Sequence[Event]) -> None:
        for (feed, by), reports in Counter((event.feed, event.classified_by) for event in events).items():
            self._metrics.classified.labels(feed, by).inc(reports)

    def _accept(self, record: ConsumerRecord, decoded: Record) -> Event:
        if len(record.value) > MAX_REPORT_BYTES:
            raise RefusedError("too_large", f"{len(record.value)} bytes, at most {MAX_REPORT_BYTES} are taken")
        replayed = any(name == REPLAY_HEADER for name, _ in record.headers)
        envelope = Envelope(record.partition, record.offset, received_at(record), replayed)
        return self._door.accept(normalise(REPORT_TOPICS[record.topic], decoded), envelope, int(time() * 1000))

    def _sorted(self, events: list[Event]) -> dict[str, dict[int, list[Outgoing]]]:
        """Events by lane and partition, several to a record."""
        groups: dict[tuple[str, int], list[Event]] = defaultdict(list)
        for event in events:
            lane = EVENTS_URGENT if event.life_safety or event.feed == "police" else EVENTS
            groups[lane, partition_of(event.area, self._partitions)].append(event)
        lanes: dict[str, dict[int, list[Outgoing]]] = defaultdict(dict)
        for (lane, partition), group in groups.items():
            lanes[lane][partition] = encode_events(group)
        return lanes

    async def bury(self, letters: list[DeadLetter], partition: int) -> None:
        """Publish dead letters and their ledger rows; both must be confirmed before the chunk is."""
        if not letters:
            return
        for letter in letters:
            self._metrics.dead_letters.labels(letter.feed, letter.reason).inc()
            self._metrics.reports.labels(letter.feed, "dead_letter").inc()
        records = [(letter.feed.encode(), self._codec.encode("DeadLetter", msgspec.structs.asdict(letter)))
                   for letter in letters]
        await self._publisher.send(DEAD_LETTERS, partition, records)
        await send_rows(self._publisher, partition, {"dead_letters": [dead_letter_row(letter) for letter in letters]})


def encode_events(events: list[Event]) -> list[Outgoing]:
    """Records of an events topic: up to EVENTS_PER_RECORD events each, fewer when their texts are long."""
    records: list[Outgoing] = []
    for start in range(0, len(events), EVENTS_PER_RECORD):
        part = events[start : start + EVENTS_PER_RECORD]
        data = _encoder.encode(part)
        if len(data) > MAX_RECORD_BYTES and len(part) > 1:
            records += encode_events(part[: len(part) // 2]) + encode_events(part[len(part) // 2 :])
        else:
            records.append((None, data))
    return records


def attempt(
    log_id: str, record: ConsumerRecord, codec: Codec, name: str, accept: Callable[[ConsumerRecord, Record], T]
) -> T | DeadLetter:
    """What `accept` makes of a record of schema `name`, or its dead letter; a fault of ours must not stop the feed."""
    decoded: Record | None = None
    try:
        if record.headers and (letter := refused_at_a_door(log_id, record)):
            return letter
        decoded = codec.decode(name, record.value or b"")
        return accept(record, decoded)
    except RefusedError as error:
        return dead_letter(log_id, record, error, decoded)
    except RegistryError:
        raise  # no fault of the record: the guard tries the chunk again
    except Exception as error:
        log.exception("record failed", topic=record.topic, partition=record.partition, offset=record.offset)
        return dead_letter(log_id, record, RefusedError("internal_error", type(error).__name__), decoded)
