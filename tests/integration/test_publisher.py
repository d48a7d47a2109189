"""Sending on a real broker: confirmed, in order, repeated until it succeeds, and never in silence."""

import asyncio
from collections.abc import Mapping

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.produce import ProduceRequest

from streams.config import Kafka
from streams.flow.batches import MAX_BATCH_BYTES, Outgoing, TooLargeError, request_of
from streams.flow.brokers import Broker, BrokerUnavailable, TopicSpec
from streams.flow.publisher import Publisher
from tests.support.ports import free_port

PATIENCE_S = 40.0
PARTITIONS = 3


async def started(servers: str, failures: list[str]) -> Publisher:
    publisher = Publisher(Kafka(bootstrap=servers, partitions=PARTITIONS), failures.append)
    await publisher.start()
    return publisher


def numbered(count: int, size: int = 10) -> list[Outgoing]:
    return [(b"k", str(n).encode().ljust(size)) for n in range(count)]


async def test_what_was_sent_is_there_in_order_when_send_returns(own_broker) -> None:
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec("orders", PARTITIONS, 1)])
        broker.end_offsets(["orders"])  # every partition has its leader when this is answered: no send is repeated
        publisher = await started(own_broker.servers, failures := [])
        await publisher.send_all("orders", {0: numbered(5_000, 400), 2: numbered(7)})
        await publisher.send("orders", 2, [(None, b"7"), (None, b"8")])
        found = {partition: [] for partition in range(PARTITIONS)}
        for record in broker.records("orders"):
            found[record.partition].append(int(record.value))
        await asyncio.wait_for(publisher.send_all("orders", {0: [], 1: []}), PATIENCE_S)  # nothing to wait for
        await publisher.stop()
    assert found == {0: list(range(5_000)), 1: [], 2: list(range(9))}
    assert not failures


async def test_sends_at_once_do_not_disturb_one_another(own_broker) -> None:
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec("orders", PARTITIONS, 1)])
        publisher = await started(own_broker.servers, [])
        await asyncio.gather(*(publisher.send("orders", n % PARTITIONS, numbered(20)) for n in range(60)))
        ends = broker.end_offsets(["orders"])
        await publisher.stop()
    assert sum(ends.values()) == 60 * 20


async def test_what_waits_for_a_broker_goes_to_it_in_one_request(own_broker, monkeypatch: pytest.MonkeyPatch) -> None:
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec(topic, PARTITIONS, 1) for topic in ("orders", "ledger")])
        broker.end_offsets(["orders", "ledger"])
    requests: list[int] = []

    def counted(by_partition: Mapping[TopicPartition, list], now_ms: int) -> ProduceRequest:
        requests.append(len(by_partition))
        return request_of(by_partition, now_ms)

    monkeypatch.setattr("streams.flow.publisher.request_of", counted)
    publisher = await started(own_broker.servers, failures := [])
    sends = [(topic, n % PARTITIONS) for topic in ("orders", "ledger") for n in range(30)]
    await asyncio.gather(*(publisher.send(topic, partition, numbered(1)) for topic, partition in sends))
    await publisher.stop()
    assert sum(requests) < len(sends) / 2  # batches: those of a partition are one
    assert max(requests) > 1  # and several partitions' are one request
    assert not failures  # though nobody had asked for the leaders yet


async def test_what_nobody_waits_for_goes_along_with_others_and_by_itself_where_there_are_none(
    own_broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec(topic, PARTITIONS, 1) for topic in ("orders", "ledger")])
        broker.end_offsets(["orders", "ledger"])
    requests: list[set[str]] = []

    def noted(by_partition: Mapping[TopicPartition, list], now_ms: int) -> ProduceRequest:
        requests.append({tp.topic for tp in by_partition})
        return request_of(by_partition, now_ms)

    monkeypatch.setattr("streams.flow.publisher.request_of", noted)
    publisher = await started(own_broker.servers, [])
    await publisher.send("ledger", 0, numbered(1))  # by itself, or nobody would hear of it
    await publisher.send("orders", 0, numbered(1))
    monkeypatch.setattr("streams.flow.publisher._COMPANY_S", 3600.0)
    rows = asyncio.create_task(publisher.send("ledger", 0, numbered(1)))
    await asyncio.sleep(0.1)
    assert requests == [{"ledger"}, {"orders"}]
    await publisher.send("orders", 1, numbered(1))
    await asyncio.wait_for(rows, PATIENCE_S)
    await publisher.stop()
    assert requests[2:] == [{"ledger", "orders"}]


async def test_a_missing_topic_is_waited_for(own_broker) -> None:
    publisher = await started(own_broker.servers, failures := [])
    sending = asyncio.create_task(publisher.send("orders", 0, numbered(3)))
    await asyncio.sleep(1.0)  # the embedded broker makes the topic by itself, Kafka lets us wait
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec("orders", PARTITIONS, 1)])
        await asyncio.wait_for(sending, PATIENCE_S)
        assert [record.value.strip() for record in broker.records("orders")] == [b"0", b"1", b"2"]
    assert set(failures) <= {"orders"}
    await publisher.stop()


async def test_a_record_that_fits_no_batch_is_refused_by_name(own_broker) -> None:
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec("orders", PARTITIONS, 1)])
    publisher = await started(own_broker.servers, [])
    with pytest.raises(TooLargeError, match="orders: a record of"):
        await publisher.send("orders", 0, [(None, bytes(2 * MAX_BATCH_BYTES))])
    await publisher.send("orders", 0, numbered(1))  # the next one is not held up
    await publisher.stop()


async def test_without_a_broker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.flow.publisher._CONNECT_S", 0.5)
    with pytest.raises(BrokerUnavailable, match="no broker answers at"):
        await started(f"127.0.0.1:{free_port()}", [])


async def test_stopped_while_no_broker_answers_it_ends(own_broker) -> None:
    with Broker(own_broker.servers) as broker:
        broker.create_topics([TopicSpec("orders", PARTITIONS, 1)])
    publisher = await started(own_broker.servers, [])
    await publisher.send("orders", 0, numbered(1))
    own_broker.stop()
    sending = asyncio.create_task(publisher.send("orders", 0, numbered(3)))
    await asyncio.sleep(0.5)
    assert not sending.done()
    await asyncio.wait_for(publisher.stop(), PATIENCE_S)
    with pytest.raises(RuntimeError, match="stopped"):
        await asyncio.wait_for(sending, PATIENCE_S)
