"""Records of a send as Kafka's record batches, and the requests that carry them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, NoError, UnknownError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from msgspec import Struct

from streams.errors import SanwangError

Outgoing = tuple[bytes | None, bytes | None]  # key, value; None deletes a key of a compacted topic
MAX_BATCH_BYTES = 900_000  # below the broker's default limit of 1 MiB for a batch
_LARGEST = MAX_BATCH_BYTES + 100_000  # of one record that is a batch of its own
_RECORD_BYTES = 24  # lengths, timestamp and offset of a record, at most
_MAGIC = 2
_ALL_IN_SYNC = -1
ACKS_MS = 10_000  # how long the leader may wait for the other replicas


class TooLargeError(SanwangError):
    """A record that fits no batch."""


class Piece(Struct, eq=False):
    """Records of one send for one partition, no more than a batch holds and never in two: a broker has all or none.

    `outcome` is None when they are confirmed.
    """

    tp: TopicPartition
    records: Sequence[Outgoing]
    size: int  # bytes, at most
    outcome: asyncio.Future[KafkaError | None]


def bytes_of(record: Outgoing) -> int:
    """Bytes that a record takes in a batch, at most."""
    key, value = record
    return len(key or b"") + len(value or b"") + _RECORD_BYTES


def pieces_of(tp: TopicPartition, records: Sequence[Outgoing], loop: asyncio.AbstractEventLoop) -> Iterator[Piece]:
    """Cut the records of a partition where a batch is full. Raises TooLargeError for one that Kafka would not take."""
    first, size = 0, 0
    for number, record in enumerate(records):
        bytes_ = bytes_of(record)
        if bytes_ > _LARGEST:
            raise TooLargeError(f"{tp.topic}: a record of {len(record[1] or b'')} bytes fits no batch")
        if size + bytes_ > MAX_BATCH_BYTES and number > first:
            yield Piece(tp, records[first:number], size, loop.create_future())
            first, size = number, 0
        size += bytes_
    if first < len(records):
        yield Piece(tp, records[first:], size, loop.create_future())


def request_of(by_partition: Mapping[TopicPartition, Sequence[Piece]], now_ms: int) -> ProduceRequest:
    """One request, with a batch for each partition: a broker works on it at once, and answers when all is stored."""
    topics: dict[str, list[tuple[int, bytes]]] = {}
    for tp, pieces in by_partition.items():
        topics.setdefault(tp.topic, []).append((tp.partition, _batch(pieces, now_ms)))
    return ProduceRequest(None, _ALL_IN_SYNC, ACKS_MS, list(topics.items()))


def outcomes_of(response: Any) -> dict[TopicPartition, KafkaError | None]:  # noqa: ANN401 - of any version
    """What the broker says of each partition: None, or what stood in the way."""
    return {
        TopicPartition(topic, partition): _error(code)
        for topic, partitions in response.topics
        for partition, code, *_ in partitions
    }


def _batch(pieces: Iterable[Piece], now_ms: int) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=_MAGIC, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=2 * _LARGEST,
    )  # fmt: skip
    number = 0
    for piece in pieces:
        for key, value in piece.records:
            builder.append(number, timestamp=now_ms, key=key, value=value, headers=[])
            number += 1
    return bytes(builder.build())


def _error(code: int) -> KafkaError | None:
    error = for_code(code)
    if error is NoError:
        return None
    return error() if issubclass(error, KafkaError) else UnknownError()
