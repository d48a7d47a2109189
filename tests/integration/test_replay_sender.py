"""The sender on real brokers: what it counts as confirmed is there, on the partition of its key, in order."""

from __future__ import annotations

from collections import defaultdict

import pytest

from streams.config import Kafka
from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerUnavailable, TopicError, TopicSpec
from streams.intake.sender import MAX_RECORD_BYTES, Sender
from tests.support.brokers import AnyBroker
from tests.support.ports import free_port


async def test_everything_confirmed_is_there_with_headers_and_in_the_order_of_its_key(
    broker: AnyBroker, prefix: str
) -> None:
    topic = f"{prefix}feed"
    with Broker(broker.servers) as admin:
        admin.create_topics([TopicSpec(topic, 3, 1)])
        async with Sender(Kafka(bootstrap=broker.servers), [topic]) as sender:
            for number in range(5000):
                await sender.add(topic, f"k{number % 50}".encode(), b"%d" % number, [("sanwang-replay", b"1")])
            await sender.flush()
            assert sender.confirmed == {topic: 5000}
        records = list(admin.records(topic))
    assert {record.partition for record in records} == {0, 1, 2}
    assert all(record.headers == (("sanwang-replay", b"1"),) for record in records)
    by_key: dict[bytes | None, list[int]] = defaultdict(list)
    for record in records:
        by_key[record.key].append(int(record.value or b""))
    assert all(values == sorted(values) for values in by_key.values())
    assert sorted(number for values in by_key.values() for number in values) == list(range(5000))


async def test_batches_that_fill_up_are_sent_without_a_flush_and_a_large_record_goes_by_itself(
    broker: AnyBroker, prefix: str
) -> None:
    topic = f"{prefix}large"
    with Broker(broker.servers) as admin:
        admin.create_topics([TopicSpec(topic, 1, 1)])
        async with Sender(Kafka(bootstrap=broker.servers), [topic]) as sender:
            for size in (100, MAX_RECORD_BYTES, 200, 100_000, 100_000, 100_000):
                await sender.add(topic, b"k", bytes(size))
            await sender.flush()
        assert [len(record.value or b"") for record in admin.records(topic)] == [
            100, MAX_RECORD_BYTES, 200, 100_000, 100_000, 100_000,
        ]  # fmt: skip


async def test_a_record_that_kafka_would_not_take_is_refused_before_it_is_sent(broker: AnyBroker, prefix: str) -> None:
    topic = f"{prefix}huge"
    with Broker(broker.servers) as admin:
        admin.create_topics([TopicSpec(topic, 1, 1)])
        async with Sender(Kafka(bootstrap=broker.servers), [topic]) as sender:
            with pytest.raises(SanwangError, match="more than Kafka takes"):
                await sender.add(topic, b"k", bytes(MAX_RECORD_BYTES + 1))
            await sender.add(topic, b"k", b"after it")
            await sender.flush()
        assert [record.value for record in admin.records(topic)] == [b"after it"]


async def test_a_topic_that_is_not_there_is_named(broker: AnyBroker, prefix: str) -> None:
    with pytest.raises(TopicError, match=f"no topic {prefix}nowhere: start a worker"):
        async with Sender(Kafka(bootstrap=broker.servers), [f"{prefix}nowhere"]):
            pass


async def test_no_broker_is_said_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.intake.sender._PATIENCE_S", 0.2)
    servers = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailable, match=servers):
        async with Sender(Kafka(bootstrap=servers), ["feed"]):
            pass


async def test_a_broker_that_goes_away_is_said_with_what_was_confirmed(
    own_broker: AnyBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.intake.sender._PATIENCE_S", 2.0)
    with Broker(own_broker.servers) as admin:
        admin.create_topics([TopicSpec("feed", 1, 1)])
    async with Sender(Kafka(bootstrap=own_broker.servers), ["feed"]) as sender:
        await sender.add("feed", b"k", b"before")
        await sender.flush()
        own_broker.stop()
        await sender.add("feed", b"k", b"after")
        with pytest.raises(BrokerUnavailable, match="1 records were confirmed before"):
            await sender.flush()
