"""Reading a partition from its beginning to its present end: how state is rebuilt from the topics that hold it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.config import Kafka
from streams.flow.security import aiokafka_security

#: aiokafka does not look for the new leader by itself when it asks the old one where a partition begins.
METADATA_MS = 2_000


class PartitionReader:
    """Reads on from where it ended."""

    def __init__(self, consumer: AIOKafkaConsumer, tp: TopicPartition) -> None:
        self._consumer = consumer
        self._tp = tp

    async def to_end(self) -> AsyncIterator[list[ConsumerRecord]]:
        """Batches of records in order, up to the end of the partition at this moment."""
        consumer, tp = self._consumer, self._tp
        # The end as a fetch reports it: asked for the latest offset, the embedded broker names too low a one.
        while (end := consumer.highwater(tp)) is None or await consumer.position(tp) < end:
            yield await self.more()

    async def more(self) -> list[ConsumerRecord]:
        """The next batch; empty where none came within a second."""
        found: dict[TopicPartition, list[ConsumerRecord]]
        found = await self._consumer.getmany(self._tp, timeout_ms=1000, max_records=20_000)
        return found.get(self._tp, [])


@asynccontextmanager
async def reading(kafka: Kafka, topic: str, partition: int) -> AsyncIterator[PartitionReader]:
    """A reader at the beginning of a partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, enable_auto_commit=False, fetch_max_wait_ms=50,
        # From the beginning by default: seeking there races with aiokafka's own first seek to the end.
        auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20,
        metadata_max_age_ms=METADATA_MS, **aiokafka_security(kafka),
    )
    await consumer.start()
    try:
        tp = TopicPartition(topic, partition)
        consumer.assign([tp])
        yield PartitionReader(consumer, tp)
    finally:
        await consumer.stop()


async def read_partition(kafka: Kafka, topic: str, partition: int) -> AsyncIterator[list[ConsumerRecord]]:
    """Batches of records in order, from the beginning to the end of the partition at this moment."""
    async with reading(kafka, topic, partition) as reader:
        async for records in reader.to_end():
            yield records
