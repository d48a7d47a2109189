"""Bytewax: a dataflow from Kafka to Kafka and ClickHouse; events are keyed by county inside the process."""

from __future__ import annotations

from pathlib import Path
from time import time
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main

from benchmarks.corework import CoreWork, Fed, Rows, Told
from benchmarks.peers.store import Store
from streams.config import Settings
from streams.core.event import Event
from streams.flow.topics import FEED_TOPICS, ORDERS


class RowsPartition(StatelessSinkPartition[Rows]):
    """Hands rows to the writer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write_batch(self, items: list[Rows]) -> None:
        """Rows of some reports; nobody waits until they are durable."""
        for rows in items:
            self._store.add(rows)
        self._store.write()

    def close(self) -> None:
        """The dataflow ends."""
        self._store.flush()


class RowsSink(DynamicSink[Rows]):
    """ClickHouse."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> RowsPartition:
        """The one partition of this process."""
        return RowsPartition(self._store)


def make_flow(settings: Settings, work: CoreWork, store: Store) -> Dataflow:
    """The dataflow."""

    def take(message: KafkaSourceMessage[Any, Any]) -> Event | Rows:
        timestamp = message.timestamp[1] if message.timestamp else 0
        fed = Fed(message.topic or "", message.partition or 0, message.offset or 0, timestamp, message.value)
        return work.take(fed, int(time() * 1000))

    def triage(event: Event) -> Told:
        # The desks live outside Bytewax's state: it would copy a whole desk at the end of every epoch.
        return work.triage(event, int(time() * 1000))

    def messages(told: Told) -> list[KafkaSinkMessage[bytes, bytes]]:
        return [KafkaSinkMessage(key, value) for key, value in told.orders]

    brokers = settings.kafka.bootstrap.split(",")
    flow = Dataflow("sanwang")
    feeds = kop.input("feeds", flow, brokers=brokers, topics=list(FEED_TOPICS))
    taken = op.branch("taken", op.map("take", feeds.oks, take), lambda one: isinstance(one, Event))
    keyed = op.key_on("county", taken.trues, lambda event: str(work.partition_of(event)))
    told = op.map("triage", op.key_rm("event", keyed), triage)
    kop.output("orders", op.flat_map("messages", told, messages), brokers=brokers, topic=ORDERS)
    rows = op.merge("rows", op.map("told rows", told, lambda one: one.rows), taken.falses)
    op.output("clickhouse", rows, RowsSink(store))
    return flow


def run(settings: Settings) -> None:
    """Run until it is ended."""
    work = CoreWork(Path(settings.city), settings.kafka.partitions)
    cli_main(make_flow(settings, work, Store(settings.clickhouse)))
