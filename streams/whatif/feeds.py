"""Reports out of Kafka's feed topics, as far back as the broker keeps them: whole, as their sources told them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec

from streams.config import Settings
from streams.errors import RefusedError
from streams.flow.brokers import Broker, BrokerRecord
from streams.flow.reread import report_in
from streams.flow.security import kafka_python_security
from streams.flow.topics import REPORT_TOPICS
from streams.whatif.asked import Asked, Reading, Unread
from streams.wire.codec import Codec
from streams.wire.source import source_at

_encoder = msgspec.msgpack.Encoder()
FEEDS = Reading(msgspec.msgpack.Decoder(Asked).decode, b"what if: nobody outside sees these hashes")


def from_feeds(settings: Settings, begin: int, end: int) -> Iterator[Unread]:
    """Reports that the broker received from `begin` up to, without, `end` (ms UTC), in order.

    Records that cannot be read are left out: they are dead letters under any rules. What comes is personal data in
    plain, and goes no further than the door of either side. Raises BrokerUnavailable and TopicError.
    """
    codec = Codec(source_at(settings.registry.url))
    with Broker(settings.kafka.bootstrap, kafka_python_security(settings.kafka)) as broker:
        partitions = broker.partitions(REPORT_TOPICS)
        logs = [
            broker.partition_records(topic, number) for topic, count in partitions.items() for number in range(count)
        ]
        for record in heapq.merge(*logs, key=lambda one: one.timestamp_ms):
            if begin <= record.timestamp_ms < end and (asked := _asked(record, codec)):
                area = asked.report.area  # as the source wrote it, which may be anything
                yield Unread(area if area.isdecimal() else "", _encoder.encode(asked))


def _asked(record: BrokerRecord, codec: Codec) -> Asked | None:
    try:
        told = report_in(record, codec)
    except RefusedError:
        return None
    return Asked(*told) if told else None
