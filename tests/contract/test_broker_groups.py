"""Consumer groups: the same on the embedded broker and on Apache Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.flow.brokers import Broker, TopicSpec
from tests.support.brokers import AnyBroker
from tests.support.producing import produce_batch

PARTITIONS = 4
PATIENCE_SECONDS = 60


@pytest.fixture
def topic(broker: AnyBroker, prefix: str) -> str:
    name = f"{prefix}feed"
    with Broker(broker.servers) as face:
        face.create_topics([TopicSpec(name, PARTITIONS)])
    return name


@asynccontextmanager
async def member(broker: AnyBroker, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.servers,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        rebalance_timeout_ms=3000,  # the embedded broker waits all of it
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def committed(broker: AnyBroker, group: str) -> dict[tuple[str, int], int]:
    with Broker(broker.servers) as face:
        return face.committed(group)


async def take(consumer: AIOKafkaConsumer, count: int) -> list[bytes]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [(await consumer.getone()).value for _ in range(count)]


async def test_what_was_committed_is_read_back(broker, topic, prefix):
    group = f"{prefix}group"
    assert committed(broker, group) == {}
    await produce_batch(broker.servers, topic, 2, [b"a", b"b", b"c"])
    async with member(broker, topic, group) as consumer:
        assert await take(consumer, 3) == [b"a", b"b", b"c"]
        await consumer.commit({TopicPartition(topic, 2): 2})
    assert committed(broker, group) == {(topic, 2): 2}


async def test_a_group_goes_on_where_it_committed(broker, topic, prefix):
    group = f"{prefix}group"
    await produce_batch(broker.servers, topic, 0, [b"a", b"b", b"c"])
    async with member(broker, topic, group) as consumer:
        await take(consumer, 3)
        await consumer.commit({TopicPartition(topic, 0): 1})
    async with member(broker, topic, group) as consumer:
        assert await take(consumer, 2) == [b"b", b"c"]


async def test_groups_do_not_share_offsets(broker, topic, prefix):
    await produce_batch(broker.servers, topic, 0, [b"a"])
    async with member(broker, topic, f"{prefix}one") as consumer:
        await take(consumer, 1)
        await consumer.commit({TopicPartition(topic, 0): 1})
    assert committed(broker, f"{prefix}one") == {(topic, 0): 1}
    assert committed(broker, f"{prefix}two") == {}


async def test_two_members_split_the_partitions(broker, topic, prefix):
    everything = {TopicPartition(topic, number) for number in range(PARTITIONS)}
    async with member(broker, topic, f"{prefix}group") as one, member(broker, topic, f"{prefix}group") as two:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (len(one.assignment()) == len(two.assignment()) == PARTITIONS // 2):
                # a member must read to hear of a rebalance
                await asyncio.gather(one.getmany(timeout_ms=100), two.getmany(timeout_ms=100))
        assert one.assignment() | two.assignment() == everything
