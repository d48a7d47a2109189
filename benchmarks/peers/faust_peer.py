"""Stock Faust: `async for` over single events, a topic between intake and triage, rows on a timer."""

from __future__ import annotations

from pathlib import Path
from time import time
from typing import Any

import faust
import msgspec

from benchmarks.corework import CoreWork, Fed
from benchmarks.peers.store import Store, beside
from streams.config import Settings
from streams.core.event import Event
from streams.flow.topics import EVENTS, FEED_TOPICS, ORDERS

FLUSH_S = 0.25
_decoder = msgspec.msgpack.Decoder(Event)
_encode = msgspec.msgpack.Encoder().encode


def make_app(settings: Settings, work: CoreWork, store: Store) -> Any:  # noqa: ANN401 - Faust has no types
    """The application."""
    kafka = settings.kafka
    app = faust.App(
        "faust-peer", broker=f"kafka://{kafka.bootstrap}", value_serializer="raw", key_serializer="raw",
        store="memory://", web_enabled=False, topic_disable_leader=True, consumer_auto_offset_reset="earliest",
        topic_partitions=kafka.partitions, broker_commit_interval=1.0, autodiscover=False,
        datadir=beside(settings.clickhouse, "faust"),
    )
    feeds = app.topic(*FEED_TOPICS, value_type=bytes)
    events = app.topic(EVENTS, value_type=bytes)
    orders = app.topic(ORDERS, value_type=bytes)

    @app.agent(feeds)
    async def intake(stream: Any) -> None:  # noqa: ANN401
        async for event in stream.events():
            message = event.message
            fed = Fed(message.topic, message.partition, message.offset, int(message.timestamp * 1000), message.value)
            taken = work.take(fed, int(time() * 1000))
            if isinstance(taken, Event):
                await events.send(value=_encode(taken), partition=work.partition_of(taken))
            else:
                store.add(taken)

    @app.agent(events)
    async def triage(stream: Any) -> None:  # noqa: ANN401
        async for event in stream.events():
            told = work.triage(_decoder.decode(event.value), int(time() * 1000), event.message.offset)
            for key, order in told.orders:
                await orders.send(key=key, value=order)
            store.add(told.rows)

    @app.timer(FLUSH_S)
    async def flush() -> None:
        store.write()

    return app


def run(settings: Settings) -> None:
    """Run until SIGTERM."""
    work = CoreWork(Path(settings.city), settings.kafka.partitions)
    app = make_app(settings, work, Store(settings.clickhouse))
    app.finalize()
    faust.Worker(app, loglevel="warning", quiet=False).execute_from_commandline()
