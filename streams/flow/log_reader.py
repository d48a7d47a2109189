"""Reading a partition from its beginning to its present end: how state is rebuilt from the topics that hold it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.config import Kafka
from streams.flow.security import aiokafka_security


async def read_partition(kafka: Kafka, topic: str, partition: int) -> AsyncIterator[list[ConsumerRecord]]:
    """Batches of records in order, up to the end of the partition at this moment."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, enable_auto_commit=False, fetch_max_wait_ms=50,
        # From the beginning by default: seeking there races with aiokafka's own first seek to the end.
        auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20, **aiokafka_security(kafka),
    )
    await consumer.start()
    try:
        tp = TopicPartition(topic, partition)
        consumer.assign([tp])
        # The end as a fetch reports it: asked for the latest offset, the embedded broker names too low a one.
        while (end := consumer.highwater(tp)) is None or await consumer.position(tp) < end:
            for records in (await consumer.getmany(tp, timeout_ms=1000, max_records=20_000)).values():
                yield records
    finally:
        await consumer.stop()
