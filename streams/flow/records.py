"""Reading by offset, without a consumer group: spans of records, and where logs end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from streams.flow.reach import BrokerUnavailable

POLL_MS = 250
EMPTY_WAIT_MS = 10  # how long the broker may hold back an answer when there is no record

Partition = tuple[str, int]
"""A topic's name and the number of one of its partitions."""

Settings = Mapping[str, object]
"""kafka-python's settings, by its names."""


class BrokerRecord(NamedTuple):
    """One record as the broker keeps it; `timestamp_ms` is UTC milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def read_span(
    settings: Settings, begins: Mapping[Partition, int], ends: Mapping[Partition, int], patience_seconds: float
) -> Iterator[BrokerRecord]:
    """Yield the records from `begins` up to, without, `ends`, in order within each partition.

    Raises `BrokerUnavailable` when nothing comes for `patience_seconds`, `kafka.errors.KafkaError` as it comes.
    """
    left = {TopicPartition(*place): end for place, end in ends.items() if begins[place] < end}
    if not left:
        return
    with closing(_consumer(settings, {place: begins[place] for place in left})) as consumer:
        patience_ends = time.monotonic() + patience_seconds
        while left:
            batches = consumer.poll(timeout_ms=POLL_MS)
            for place, batch in batches.items():
                yield from (_record(item) for item in batch if item.offset < ends[place])
            before = len(left)
            left = {place: end for place, end in left.items() if consumer.position(place) < end}
            if batches or len(left) < before:
                patience_ends = time.monotonic() + patience_seconds
            elif time.monotonic() > patience_ends:
                raise _silence(left, patience_seconds)


def settle_ends(settings: Settings, ends: Mapping[Partition, int], patience_seconds: float) -> dict[Partition, int]:
    """Return where logs end that were said to end at `ends`, by fetching there.

    The embedded broker names the offset after the *first* record of the last batch as a log's end; what it says beside
    a fetch, and Apache Kafka everywhere, is right. Raises like `read_span`.
    """
    if not ends:
        return {}
    settled: dict[Partition, int] = {}
    with closing(_consumer(settings, ends)) as consumer:
        patience_ends = time.monotonic() + patience_seconds
        while left := ends.keys() - settled.keys():
            consumer.poll(timeout_ms=POLL_MS)
            found = {place: consumer.highwater(TopicPartition(*place)) for place in left}
            settled |= {place: max(end, ends[place]) for place, end in found.items() if end is not None}
            if time.monotonic() > patience_ends:
                raise _silence(left, patience_seconds)
    return settled


def _consumer(settings: Settings, begins: Mapping[Partition, int]) -> KafkaConsumer:
    consumer = KafkaConsumer(
        **settings, enable_auto_commit=False, allow_auto_create_topics=False, fetch_max_wait_ms=EMPTY_WAIT_MS
    )
    consumer.assign([TopicPartition(*place) for place in begins])
    for place, offset in begins.items():
        consumer.seek(TopicPartition(*place), offset)
    return consumer


def _silence(places: Iterable[Partition], seconds: float) -> BrokerUnavailable:
    names = ", ".join(f"{topic}/{partition}" for topic, partition in sorted(places))
    return BrokerUnavailable(f"the Kafka broker said nothing of {names} for {seconds:g} s")


def _record(item: ConsumerRecord) -> BrokerRecord:
    headers = tuple((name, value) for name, value in item.headers or ())
    return BrokerRecord(item.topic, item.partition, item.offset, item.timestamp, item.key, item.value, headers)
