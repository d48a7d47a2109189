"""The state topic on a real broker: one owner after the other, and one that does not know that it is over."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.produce import ProduceRequest

from streams.config import Kafka
from streams.flow.batches import Outgoing, Piece, request_of
from streams.flow.lease import Lease, LeaseLostError
from streams.flow.publisher import Publisher
from streams.flow.state_topic import MAX_TOGETHER_BYTES, ClaimedAnewError, StateTopic
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


class Owner:
    """A worker, as far as a state topic knows it; as a member of the group from a generation on."""

    def __init__(self, kafka: Kafka, publisher: Publisher, generation: int) -> None:
        self.lease = Lease(kafka)
        self.lease.renew(generation, monotonic() + 1000)
        self.topic = StateTopic(kafka, TOPIC, publisher, self.lease)

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
    before, after = {b"a": b"0", b"b": b"0"}, {b"a": b"1", b"c": b"1"}
    async with publishing(kafka) as publisher:
        for cut in (0, 10, 60, 90, 120, -1, None):  # bytes of the request that go out before the process ends
            async with chunks.publishing(kafka) as dying:
                owner = Owner(kafka, dying, 1)
                await owner.recover()
                await owner.topic.send(0, [*before.items(), (b"c", None)])
                end = await chunks.records_in(kafka, [TOPIC])
                connection = _break_off(dying, cut)
                sending = asyncio.create_task(owner.topic.send(0, [(b"a", b"1"), (b"b", None), (b"c", b"1")]))
                await chunks.until(lambda of=connection: of.is_closing())
                while cut is None and await chunks.records_in(kafka, [TOPIC]) == end:
                    await asyncio.sleep(0.01)
                sending.cancel()
            assert await Owner(kafka, publisher, 1).recover() == (before if cut is not None else after)


#: Some alone and some together; as many records as may go together; sends that fill a batch to the last byte.
MIXED = [[(b"%d-%d" % (n, m), bytes(size)) for m in range(3)] for n, size in enumerate((149_000, *(10, 149_000) * 4))]
SMALL = [(b"s-%d" % m, b"") for m in range(MAX_TOGETHER_BYTES // 40)]
FILLING = [[(b"%d-%d" % (n, m), bytes(MAX_TOGETHER_BYTES // 30 - 27)) for m in range(3)] for n in range(10)]


@pytest.mark.parametrize("sends", [[*MIXED, SMALL], FILLING], ids=["mixed", "filling"])
async def test_a_send_is_one_batch_whatever_is_sent_beside_it(own_broker, sends: list[list[Outgoing]]) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    batches: list[list[bytes | None]] = []

    def noted(by_partition: Mapping[TopicPartition, Sequence[Piece]], now_ms: int) -> ProduceRequest:
        batches.extend([key for piece in pieces for key, _ in piece.records] for pieces in by_partition.values())
        return request_of(by_partition, now_ms)

    async with publishing(kafka) as publisher:
        owner = Owner(kafka, publisher, 1)
        await owner.recover()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("streams.flow.publisher.request_of", noted)
            await asyncio.gather(*(owner.topic.send(0, send) for send in sends))
    for send in sends:
        assert sum({key for key, _ in send} <= {*batch} for batch in batches) == 1


async def test_what_earlier_versions_wrote_twice_is_read_once(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    async with publishing(kafka) as publisher:
        owner = Owner(kafka, publisher, 1)
        await owner.recover()
        await owner.topic.send(0, [(b"\x01", b"both of them"), (b"a", b"1"), (b"b", b"2")])
        assert await owner.recover() == {b"a": b"1", b"b": b"2"}


def _break_off(publisher: Publisher, cut: int | None) -> asyncio.BaseTransport:
    """Have the process end as far as the broker can tell: it gets so many bytes of what is sent next, and no more."""
    [connection] = [one for one in publisher._client._conns.values() if one.connected()]
    transport, write = connection._writer.transport, connection._writer.write

    def write_some(data: bytes) -> None:
        write(data[:cut])
        transport.close()

    connection._writer.write = write_some
    return transport
