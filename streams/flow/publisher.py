"""Sending: the records of a chunk to their topics and partitions, confirmed by all in-sync replicas.

librdkafka does the work in threads of its own, so a send costs the interpreter some 40 microseconds and each record
one. A send returns only when the broker has confirmed it. While no broker answers it is repeated, for ever: what it
carries is not acknowledged yet, so nothing is lost by waiting and nothing grows. A record that is repeated may be
overtaken and may come twice; whoever reads ours goes by ids and revisions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import structlog
from aiokafka.partitioner import murmur2
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.config import Kafka
from streams.errors import SanwangError
from streams.flow.brokers import BrokerUnavailable
from streams.flow.security import librdkafka_security

Outgoing = tuple[bytes | None, bytes | None]  # key, value; None deletes a key of a compacted topic
MAX_BATCH_BYTES = 900_000  # below the broker's default limit of 1 MiB for a batch
_CONNECT_S = 10.0
_FLUSH_S = 2.0
_TICK_S = 0.001  # how often confirmations are looked for while there are any to come
_FULL_S = 0.05  # how long to wait where librdkafka's own queue is full
_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
log = structlog.get_logger(__name__)


class TooLargeError(SanwangError):
    """A record that fits no batch."""


class Publisher:
    """One producer for everything that a worker sends."""

    def __init__(self, kafka: Kafka, on_failure: Callable[[str], None]) -> None:
        """`on_failure` is told the topic each time the broker did not confirm."""
        self._kafka = kafka
        self._on_failure = on_failure
        self._producer: Producer | None = None
        self._pending = 0  # sends that wait for the broker
        self._looking = False
        self._partition_of_key: dict[bytes, int] = {}

    async def start(self) -> None:
        """Connect; raises BrokerUnavailable where no broker answers. Must be called in the loop that will send."""
        producer = Producer({
            "bootstrap.servers": self._kafka.bootstrap, "acks": "all", "linger.ms": 0, "message.timeout.ms": 0,
            "message.max.bytes": MAX_BATCH_BYTES + 100_000, "queue.buffering.max.messages": 1_000_000,
            "socket.nagle.disable": True, "reconnect.backoff.max.ms": 2_000, **librdkafka_security(self._kafka),
        }, logger=logging.getLogger(__name__))  # fmt: skip
        try:
            await asyncio.to_thread(producer.list_topics, timeout=_CONNECT_S)
        except KafkaException as error:
            raise BrokerUnavailable(f"no broker answers at {self._kafka.bootstrap}: {error.args[0].str()}") from None
        self._producer = producer

    async def stop(self) -> None:
        """Disconnect; what is not confirmed by then was never acknowledged."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await asyncio.to_thread(producer.flush, _FLUSH_S)
            producer.purge()
            producer.poll(0)

    def partition_of(self, key: bytes) -> int:
        """Kafka's own partition for a key (murmur2), remembered."""
        partition = self._partition_of_key.get(key)
        if partition is None:
            partition = (murmur2(key) & 0x7FFFFFFF) % self._kafka.partitions
            self._partition_of_key[key] = partition
        return partition

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        """Send records to one partition, in order where nothing is repeated; returns when all are confirmed."""
        await self.send_all(topic, {partition: records})

    async def send_all(self, topic: str, by_partition: Mapping[int, Sequence[Outgoing]]) -> None:
        """Send to several partitions of a topic at once; returns when all are confirmed.

        Raises TooLargeError for a record that Kafka would not take.
        """
        for attempt in count():
            error = await self._send_once(topic, by_partition) if any(by_partition.values()) else None
            if error is None:
                return
            self._on_failure(topic)
            log.warning("not confirmed", topic=topic, error=error.str(), attempt=attempt)
            await asyncio.sleep(_pause_s(attempt))

    async def _send_once(self, topic: str, by_partition: Mapping[int, Sequence[Outgoing]]) -> KafkaError | None:
        """Send; returns what stood in the way of any record, None when all are confirmed."""
        sending = _Sending(sum(map(len, by_partition.values())))
        self._pending += 1
        try:
            for partition, records in by_partition.items():
                for key, value in records:
                    while not self._accepted(topic, partition, key, value, sending):  # noqa: ASYNC110 - no event tells
                        await asyncio.sleep(_FULL_S)
            self._look()
            return await sending.done
        finally:
            self._pending -= 1

    def _accepted(self, topic: str, partition: int, key: bytes | None, value: bytes | None, sending: _Sending) -> bool:
        """Give a record to librdkafka; False where its queue is full."""
        if self._producer is None:
            raise RuntimeError("the publisher is not started, or was stopped")
        try:
            self._producer.produce(topic, value, key, partition, sending.confirm)
        except BufferError:
            self._look()
            return False
        except KafkaException as error:
            if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                raise TooLargeError(f"{topic}: a record of {len(value or b'')} bytes fits no batch") from None
            raise
        return True

    def _look(self) -> None:
        """Take confirmations soon: in this loop, so that no thread fights for the interpreter."""
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(_TICK_S, self._take_confirmations)

    def _take_confirmations(self) -> None:
        self._looking = False
        if self._producer is not None:
            self._producer.poll(0)
            if self._pending:
                self._look()


class _Sending:
    """Counts the confirmations of one send."""

    def __init__(self, records: int) -> None:
        self.done: asyncio.Future[KafkaError | None] = asyncio.get_running_loop().create_future()
        self._left = records
        self._error: KafkaError | None = None

    def confirm(self, error: KafkaError | None, _message: Message) -> None:
        """What librdkafka calls for every record."""
        self._error = error or self._error
        self._left -= 1
        if not self._left and not self.done.done():
            self.done.set_result(self._error)


def _pause_s(attempt: int) -> float:
    return _PAUSES_S[min(attempt, len(_PAUSES_S) - 1)]
