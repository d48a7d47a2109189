"""The state topic on a real broker: one owner after the other, and one that does not know that it is over."""

from contextlib import AsyncExitStack
from time import monotonic

import pytest

from streams.config import Kafka
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.lease import Lease, LeaseLostError
from streams.flow.publisher import Publisher
from streams.flow.state_topic import StateTopic

TOPIC = "notes"


class Notes:
    """The simplest state: values by key."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    def read(self, key: bytes | None, value: bytes | None) -> None:
        assert key is not None
        if value is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = value

    def value(self, key: bytes) -> bytes | None:
        return self.kept.get(key)


class Owner:
    """A worker, as far as a state topic knows it; as a member of the group from a generation on."""

    def __init__(self, kafka: Kafka, publisher: Publisher, generation: int) -> None:
        self.lease = Lease(kafka)
        self.lease.renew(generation, monotonic() + 1000)
        self.topic = StateTopic(kafka, TOPIC, publisher, self.lease)

    async def recover(self) -> dict[bytes, bytes]:
        return (await self.topic.recover(0, Notes())).kept


async def test_owners_follow_one_another_and_a_straggler_neither_counts_nor_tells(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    with Broker(kafka.bootstrap) as broker:
        broker.create_topics([TopicSpec(TOPIC, 1, 1)])
        broker.end_offsets([TOPIC])
    async with AsyncExitStack() as stack:
        publisher = Publisher(kafka, lambda _topic: None)
        await publisher.start()
        stack.push_async_callback(publisher.stop)
        one, two, three, four = (Owner(kafka, publisher, generation) for generation in (1, 2, 2, 1))
        assert await one.recover() == {}
        await one.topic.send(0, [(b"a", b"1"), (b"b", b"1")])
        assert await two.recover() == {b"a": b"1", b"b": b"1"}
        await two.topic.send(0, [(b"b", b"2")])
        one.lease.renew(2, monotonic())
        with pytest.raises(LeaseLostError):
            await one.topic.send(0, [(b"a", b"late"), (b"b", b"late"), (b"c", b"late")])
        # A worker that comes back under its static name has the generation of its former life; a group that was
        # deleted begins again with generation 1.
        assert await three.recover() == {b"a": b"1", b"b": b"2"}
        await three.topic.send(0, [(b"a", b"3"), (b"b", None)])
        assert await four.recover() == {b"a": b"3"}
