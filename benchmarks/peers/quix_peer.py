"""Quix Streams: a StreamingDataFrame for each feed, events through a topic keyed by county, rows through a sink."""

from __future__ import annotations

from pathlib import Path
from time import time
from typing import Any

import msgspec
from quixstreams import Application, message_context
from quixstreams.models.serializers import Serializer
from quixstreams.sinks import BatchingSink, SinkBatch

from benchmarks.corework import CoreWork, Fed, Rows, Told
from benchmarks.peers.store import Store, beside
from streams.config import Settings
from streams.core.area import ancestor
from streams.core.event import Event
from streams.flow.topics import EVENTS, FEED_TOPICS, ORDERS

COMMIT_S = 1.0
_decode = msgspec.msgpack.Decoder(Event).decode
_encode = msgspec.msgpack.Encoder().encode


class RowsSink(BatchingSink):
    """Rows to ClickHouse at every checkpoint."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def write(self, batch: SinkBatch) -> None:
        """Insert the rows of a partition since the last checkpoint."""
        for item in batch:
            self._store.add(item.value)
        self._store.flush()


class EventValue(Serializer):
    """An event as MessagePack."""

    def __call__(self, value: Any, ctx: Any) -> bytes:  # noqa: ANN401, ARG002 - Quix Streams' own signature
        return _encode(value)


class OrderValue(Serializer):
    """An order's bytes out of key and bytes."""

    def __call__(self, value: Any, ctx: Any) -> bytes:  # noqa: ANN401, ARG002 - likewise
        encoded: bytes = value[1]
        return encoded


class Job:
    """The functions of the dataframe."""

    def __init__(self, work: CoreWork) -> None:
        self._work = work

    def take(self, value: bytes, _key: Any, timestamp: int, _headers: Any) -> Event | Rows:  # noqa: ANN401
        """A record's event, or the row of what is none."""
        context = message_context()
        fed = Fed(context.topic, context.partition, context.offset, timestamp, value)
        return self._work.take(fed, int(time() * 1000))

    def triage(self, value: bytes) -> Told:
        """An event's orders and rows."""
        return self._work.triage(_decode(value), int(time() * 1000), message_context().offset)


def make_app(settings: Settings, work: CoreWork, store: Store) -> Application:
    """The application."""
    app = Application(
        broker_address=settings.kafka.bootstrap, consumer_group="quix-peer", auto_offset_reset="earliest",
        commit_interval=COMMIT_S, auto_create_topics=False, loglevel="WARNING",
        state_dir=beside(settings.clickhouse, "quix"),
    )
    job, sink = Job(work), RowsSink(store)
    events = app.topic(EVENTS, key_serializer="bytes", value_serializer=EventValue(), value_deserializer="bytes")
    orders = app.topic(ORDERS, key_serializer="bytes", value_serializer=OrderValue())
    for name in FEED_TOPICS:
        taken = app.dataframe(app.topic(name, value_deserializer="bytes")).apply(job.take, metadata=True)
        taken.filter(lambda one: isinstance(one, Event)).to_topic(events, key=county_of)
        taken.filter(lambda one: not isinstance(one, Event)).sink(sink)
    told = app.dataframe(events).apply(job.triage)
    told.apply(lambda one: one.orders, expand=True).to_topic(orders, key=lambda order: order[0])
    told.apply(lambda one: one.rows).sink(sink)
    return app


def county_of(event: Event) -> bytes:
    """The key under which all reports of a county meet."""
    return ancestor(event.area, "county").encode()


def run(settings: Settings) -> None:
    """Run until SIGTERM."""
    work = CoreWork(Path(settings.city), settings.kafka.partitions)
    make_app(settings, work, Store(settings.clickhouse)).run()
