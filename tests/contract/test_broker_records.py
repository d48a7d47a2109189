"""Records, batches and offsets: the same on the embedded broker and on Apache Kafka."""

import asyncio

import pytest

from streams.flow.brokers import Broker, TopicSpec
from tests.support.brokers import AnyBroker
from tests.support.producing import produce_batch


@pytest.fixture
def face(broker: AnyBroker):
    with Broker(broker.servers) as face:
        yield face


def make_topic(face: Broker, name: str, partitions: int = 1, **config: str) -> str:
    options = {key.replace("_", "."): value for key, value in config.items()}
    face.create_topics([TopicSpec(name, partitions, config=options)])
    return name


def values(count: int, word: str = "v") -> list[bytes]:
    return [f"{word}{number}".encode() for number in range(count)]


async def test_an_empty_topic_has_equal_ends_and_no_records(face, prefix):
    topic = make_topic(face, f"{prefix}a", 2)
    assert face.begin_offsets([topic]) == face.end_offsets([topic]) == {(topic, 0): 0, (topic, 1): 0}
    assert list(face.records(topic)) == []


async def test_batches_are_confirmed_with_their_first_offset(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a", 3)
    assert await produce_batch(broker.servers, topic, 1, values(500)) == 0
    assert await produce_batch(broker.servers, topic, 1, values(7)) == 500
    assert face.end_offsets([topic]) == {(topic, 0): 0, (topic, 1): 507, (topic, 2): 0}


async def test_a_record_comes_back_whole(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a")
    headers = [("sanwang-refused", '{"reason":"格式"}'.encode()), ("empty", b"")]
    await produce_batch(broker.servers, topic, 0, [b"\x00\xff", b""], key=b"k\x00", headers=headers)
    first, second = face.records(topic)
    assert (first.topic, first.partition, first.offset) == (topic, 0, 0)
    assert (first.key, first.value, first.headers) == (b"k\x00", b"\x00\xff", tuple(headers))
    assert (second.offset, second.value) == (1, b"")
    assert 1_700_000_000_000 < first.timestamp_ms < 4_000_000_000_000


async def test_records_of_all_partitions_come_in_order_within_each(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a", 3)
    for partition in range(3):
        for batch in range(2):
            await produce_batch(broker.servers, topic, partition, values(300, f"{partition}-{batch}-"))
    found = list(face.records(topic))
    for partition in range(3):
        expected = values(300, f"{partition}-0-") + values(300, f"{partition}-1-")
        assert [record.value for record in found if record.partition == partition] == expected


async def test_reading_ends_where_the_topic_ended_when_it_began(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a")
    await produce_batch(broker.servers, topic, 0, values(3))
    reader = face.records(topic)
    first = next(reader)
    await produce_batch(broker.servers, topic, 0, values(3, "later"))
    assert [record.value for record in [first, *reader]] == values(3)


async def test_large_records_are_read_to_the_end(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a")
    for number in range(8):
        await produce_batch(broker.servers, topic, 0, [bytes([number]) * 900_000])
    assert [record.value[0] for record in face.records(topic)] == list(range(8))


async def test_one_record_is_read_by_its_position(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a", 2)
    await produce_batch(broker.servers, topic, 1, values(50))
    await produce_batch(broker.servers, topic, 1, values(50, "w"))
    for offset, value in [(0, b"v0"), (49, b"v49"), (50, b"w0"), (99, b"w49")]:
        found = face.read(topic, 1, offset)
        assert found is not None
        assert (found.offset, found.value) == (offset, value)


async def test_there_is_no_record_outside_the_log(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a")
    await produce_batch(broker.servers, topic, 0, values(2))
    assert face.read(topic, 0, 2) is None
    assert face.read(topic, 0, -1) is None
    assert face.read(topic, 9, 0) is None


async def test_a_compacted_topic_takes_keys_and_tombstones(broker, face, prefix):
    topic = make_topic(face, f"{prefix}state", cleanup_policy="compact")
    await produce_batch(broker.servers, topic, 0, [b"1", b"2"], key=b"incident")
    await produce_batch(broker.servers, topic, 0, [None], key=b"incident")
    last = list(face.records(topic))[-1]
    assert (last.key, last.value) == (b"incident", None)


async def test_producers_beside_each_other_lose_nothing(broker, face, prefix):
    topic = make_topic(face, f"{prefix}a", 2)
    await asyncio.gather(*(produce_batch(broker.servers, topic, n % 2, values(200, f"{n}-")) for n in range(6)))
    found = [record.value for record in face.records(topic)]
    assert sorted(found) == sorted(value for n in range(6) for value in values(200, f"{n}-"))
