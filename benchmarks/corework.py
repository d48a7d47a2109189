"""The pure core put together for one city, as the worker does it, without Kafka and Faust."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from streams.city.load import load_city
from streams.core.accept import Door, Envelope
from streams.core.all_clear import read_all_clear
from streams.core.classify import Classifier
from streams.core.decision import Decision
from streams.core.event import Event
from streams.core.normalise import normalise
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.errors import RefusedError
from streams.flow.dead_letters import DeadLetter, preview_of
from streams.flow.rows import Row, dead_letter_row, event_row, incident_row, latency_row, order_row
from streams.flow.topics import FEED_TOPICS, GRID_ALLCLEARS, RECORDS, REPORT_TOPICS, partition_of
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder
from streams.wire.source import FileSource

LOG_ID = "bench"
Rows = dict[str, list[Row]]


class Fed(NamedTuple):
    """One record of a feed as a consumer has it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes


class Told(NamedTuple):
    """What triage tells: orders with key and value for Kafka, and rows."""

    orders: list[tuple[bytes, bytes]]
    rows: Rows


class CoreWork:
    """Everything that a report goes through, one report at a time; a desk for each partition by county."""

    def __init__(self, city_folder: Path, partitions: int, key: bytes = b"a key for measuring") -> None:
        city = load_city(city_folder)
        self.city = city
        self.codec = Codec(FileSource())
        self.orders = OrderEncoder(FileSource())
        self.places, self.classifier = Places(city.areas.values()), Classifier(city.catalogue)
        self.router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
        self.wordings = Wordings(city.areas.values())
        self.door = Door(city.catalogue, self.places, self.classifier, key)
        self.desks: dict[int, Desk] = defaultdict(self.new_desk)
        self.event_encoder, self.event_decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Event)
        self._grids = frozenset(code for code in city.areas if len(code) > 12)
        self._partitions = partitions

    def new_desk(self) -> Desk:
        """An empty desk."""
        return Desk(self.city.catalogue, self.router, self.wordings)

    def take(self, fed: Fed, now: int) -> Event | Rows:
        """An event, or the row of what is none: an all-clear or a dead letter."""
        try:
            if fed.topic == GRID_ALLCLEARS:
                return {"all_clears": [self.all_clear(fed)]}
            return self.accept(fed, now)
        except RefusedError as error:
            letter = DeadLetter(
                LOG_ID, FEED_TOPICS[fed.topic], fed.partition, fed.offset, error.reason, error.detail,
                preview_of(fed.value), None, None, fed.timestamp,
            )
            return {"dead_letters": [dead_letter_row(letter)]}

    def accept(self, fed: Fed, now: int) -> Event:
        """Decode, normalise, scrub, place, classify; raises RefusedError."""
        record = self.codec.decode(RECORDS[fed.topic], fed.value)
        envelope = Envelope(fed.partition, fed.offset, fed.timestamp, replayed=False)
        return self.door.accept(normalise(REPORT_TOPICS[fed.topic], record), envelope, now)

    def all_clear(self, fed: Fed) -> Row:
        """The row of an all-clear; raises RefusedError."""
        clear = read_all_clear(self.codec.decode("AllClear", fed.value), self._grids, fed.timestamp)
        return (LOG_ID, fed.partition, fed.offset, clear.number, clear.grid, clear.at, fed.timestamp)

    def partition_of(self, event: Event) -> int:
        """The partition in which all reports of the event's county meet."""
        return partition_of(event.area, self._partitions)

    def triage(self, event: Event, now: int, version: int = 0) -> Told:
        """Match, route, orders and rows of one event."""
        decision = self.desks[self.partition_of(event)].decide(event, now)
        return Told(self.orders_of(decision), rows_of(event, decision, now, version))

    def orders_of(self, decision: Decision) -> list[tuple[bytes, bytes]]:
        """A decision's orders for Kafka."""
        encoded = self.orders.encode(decision.orders)
        return [(order.unit.encode(), record) for order, record in zip(decision.orders, encoded, strict=True)]


def rows_of(event: Event, decision: Decision, now: int, version: int = 0) -> Rows:
    """A decision's rows."""
    incident = decision.incident
    return {
        "events": [event_row(LOG_ID, event, decision, version)],
        "incidents": [incident_row(incident)] if incident else [],
        "orders": [order_row(order, incident.opened_at) for order in decision.orders] if incident else [],
        "latencies": [latency_row(event, now, now if decision.orders else None)],
    }


def joined(batches: Sequence[Rows]) -> Rows:
    """The rows of several, by table."""
    whole: Rows = defaultdict(list)
    for batch in batches:
        for table, rows in batch.items():
            whole[table].extend(rows)
    return dict(whole)
