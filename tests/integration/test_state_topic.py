"""The state topic on a real broker: one owner after the other, and one that does not know that it is over."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic

import pytest

from streams.config import Kafka
from streams.flow.batches import Outgoing
from streams.flow.lease import Lease, LeaseLostError
from streams.flow.log_reader import read_partition
from streams.flow.publisher import Publisher
from streams.flow.state_topic import ClaimedAnewError, StateTopic
from streams.flow.terms import unstamped
from tests.support import chunks

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


class Dying:
    """A publisher whose process ends in the middle of a send."""

    def __init__(self, publisher: Publisher) -> None:
        self.left = 1_000  # records until then
        self._publisher = publisher

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        await self._publisher.send(topic, partition, records[: self.left])
        if self.left < len(records):
            raise EndError


class EndError(Exception):
    """The process is gone."""


class Owner:
    """A worker, as far as a state topic knows it; as a member of the group from a generation on."""

    def __init__(self, kafka: Kafka, publisher: Publisher | Dying, generation: int) -> None:
        self.lease = Lease(kafka)
        self.lease.renew(generation, monotonic() + 1000)
        self.topic = StateTopic(kafka, TOPIC, publisher, self.lease)  # type: ignore[arg-type] # only sends

    async def recover(self) -> dict[bytes, bytes]:
        return (await self.topic.recover(0, Notes())).kept


def publishing(kafka: Kafka) -> AbstractAsyncContextManager[Publisher]:
    """With the topic made."""
    chunks.make_topics(kafka, [TOPIC])
    return chunks.publishing(kafka)


async def test_owners_follow_one_another_and_a_straggler_neither_counts_nor_tells(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    async with publishing(kafka) as publisher:
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


async def test_sends_at_once_are_all_there_and_in_order(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    async with publishing(kafka) as publisher:
        owner = Owner(kafka, publisher, 1)
        await owner.recover()
        sends = [[(b"latest", str(n).encode()), (str(n).encode(), bytes(50_000))] for n in range(30)]
        await asyncio.gather(*(owner.topic.send(0, send) for send in sends))
        found = await Owner(kafka, publisher, 2).recover()
    assert found == {b"latest": b"29"} | {str(n).encode(): bytes(50_000) for n in range(30)}


async def test_what_was_decided_before_the_state_was_read_anew_is_void(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    async with publishing(kafka) as publisher:
        owner = Owner(kafka, publisher, 1)
        await owner.recover()
        recovering = asyncio.create_task(owner.recover())
        await asyncio.sleep(0)  # it has begun
        with pytest.raises(ClaimedAnewError):  # and not LeaseLostError: the same worker must decide it again
            await owner.topic.send(0, [(b"a", b"void")])
        assert await recovering == {}
        await owner.topic.send(0, [(b"a", b"1")])
        assert await owner.recover() == {b"a": b"1"}


async def test_a_send_that_breaks_off_is_there_as_a_whole_or_not_at_all(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    before = {b"a": b"0", b"b": b"0"}
    async with publishing(kafka) as publisher:
        for cut in range(5):
            dying = Dying(publisher)
            owner = Owner(kafka, dying, 1 + cut)
            await owner.recover()
            await owner.topic.send(0, [*before.items(), (b"c", None)])
            dying.left = cut
            if cut < 4:
                with pytest.raises(EndError):
                    await owner.topic.send(0, [(b"a", b"1"), (b"b", None), (b"c", b"1")])
            else:
                await owner.topic.send(0, [(b"a", b"1"), (b"b", None), (b"c", b"1")])
            wanted = {b"a": b"1", b"c": b"1"} if cut else before
            assert await Owner(kafka, publisher, 1 + cut).recover() == wanted
            latest = [(key, value) for key, value in (await _compacted(kafka)).items() if key in (b"a", b"b", b"c")]
            assert {key: value for key, value in latest if value is not None} == wanted  # also without that record


async def _compacted(kafka: Kafka) -> dict[bytes | None, bytes | None]:
    """The latest value of each key, as compaction leaves it."""
    return {
        record.key: unstamped(record.value)
        async for records in read_partition(kafka, TOPIC, 0) for record in records
    }  # fmt: skip
