"""Reports out of Kafka's feed topics, as far back as the broker keeps them: whole, as their sources told them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from streams.config import Settings
from streams.core.accept import Envelope
from streams.core.normalise import normalise
from streams.errors import RefusedError
from streams.flow.brokers import Broker, BrokerRecord
from streams.flow.dead_letters import REFUSED_HEADER
from streams.flow.intake import REPLAY_HEADER
from streams.flow.security import kafka_python_security
from streams.flow.topics import RECORDS, REPORT_TOPICS
from streams.whatif.asked import Asked
from streams.wire.codec import Codec
from streams.wire.source import source_at


def from_feeds(settings: Settings, begin: int, end: int) -> Iterator[Asked]:
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
                yield asked


def _asked(record: BrokerRecord, codec: Codec) -> Asked | None:
    names = {name for name, _ in record.headers}
    if REFUSED_HEADER in names:
        return None
    try:
        report = normalise(REPORT_TOPICS[record.topic], codec.decode(RECORDS[record.topic], record.value or b""))
    except RefusedError:
        return None
    envelope = Envelope(record.partition, record.offset, record.timestamp_ms, REPLAY_HEADER in names)
    return Asked(report, envelope)
