"""Records are cut where a batch is full, none is lost on the way, and the broker's word is read as it is."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import NotLeaderForPartitionError
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.flow.batches import MAX_BATCH_BYTES, Outgoing, TooLargeError, outcomes_of, pieces_of, request_of

HERE, THERE = TopicPartition("orders", 0), TopicPartition("ledger", 3)
NOW = 1_768_000_000_000


def cut(tp: TopicPartition, records: list[Outgoing]) -> list:
    loop = asyncio.new_event_loop()
    try:
        return [*pieces_of(tp, records, loop)]
    finally:
        loop.close()


def read(batch: bytes) -> list[Outgoing]:
    records = MemoryRecords(batch)
    found: list[Outgoing] = []
    while (one := records.next_batch()) is not None:
        assert one.validate_crc()
        found += [(record.key, record.value) for record in one]
    return found


@given(st.lists(st.tuples(st.none() | st.binary(max_size=20), st.none() | st.binary(max_size=200)), max_size=40))
def test_what_is_in_a_request_is_what_was_sent(records: list[Outgoing]) -> None:
    pieces = cut(HERE, records)
    if not records:
        assert pieces == []
        return
    [(topic, [(partition, batch)])] = request_of({HERE: pieces}, NOW)._topics
    assert (topic, partition) == HERE
    assert read(batch) == records


@given(st.lists(st.integers(0, MAX_BATCH_BYTES), min_size=1, max_size=12))
def test_pieces_hold_everything_in_order_and_fit_a_batch(sizes: list[int]) -> None:
    records: list[Outgoing] = [(str(n).encode(), bytes(size)) for n, size in enumerate(sizes)]
    pieces = cut(HERE, records)
    assert [record for piece in pieces for record in piece.records] == records
    assert all(piece.size <= MAX_BATCH_BYTES or len(piece.records) == 1 for piece in pieces)


def test_pieces_of_several_sends_are_one_batch_of_a_partition() -> None:
    here = cut(HERE, [(b"a", b"1")]) + cut(HERE, [(b"b", None)])
    request = request_of({HERE: here, THERE: cut(THERE, [(None, b"")])}, NOW)
    batches = {(topic, partition): read(batch) for topic, each in request._topics for partition, batch in each}
    assert batches == {HERE: [(b"a", b"1"), (b"b", None)], THERE: [(None, b"")]}


def test_a_record_that_fits_no_batch_is_named() -> None:
    with pytest.raises(TooLargeError, match="orders: a record of 1000001 bytes fits no batch"):
        cut(HERE, [(b"k", bytes(1_000_001))])


def test_the_brokers_word_is_read_for_each_partition() -> None:
    response = SimpleNamespace(topics=[("orders", [(0, 0, 17, -1, 0), (1, 6, -1, -1, -1)]), ("ledger", [(3, 999, -1)])])
    said = outcomes_of(response)
    assert said[HERE] is None
    assert isinstance(said[TopicPartition("orders", 1)], NotLeaderForPartitionError)
    assert said[THERE] is not None  # an error that this client does not know is none the less one
