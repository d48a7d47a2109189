"""Sending records to the feeds: in batches, and counted only when the broker has confirmed them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.config import Kafka
from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerUnavailable, TopicError
from streams.flow.security import aiokafka_security, kafka_python_security

Headers = Sequence[tuple[str, bytes]]
_BATCH_BYTES = 256 * 1024  # larger ones gain nothing here; a single larger record still goes, in a batch of its own
MAX_RECORD_BYTES = 900_000  # below the broker's usual limit of 1 MiB for a batch
_IN_FLIGHT = 16  # batches not yet confirmed, at most
_PATIENCE_S = 10.0


class Sender:
    """A producer for a door. Records of one key keep their order; nothing is confirmed before all replicas have it."""

    def __init__(self, kafka: Kafka, topics: Sequence[str]) -> None:
        """`topics` are those that will be sent to."""
        self.confirmed: Counter[str] = Counter()  # records by topic
        self._kafka = kafka
        self._topics = topics
        self._producer: Any = None
        self._partitions: dict[str, int] = {}
        self._batches: dict[tuple[str, int], Any] = {}
        self._flying: deque[tuple[str, int, asyncio.Future[object]]] = deque()  # topic, records, confirmation

    async def __aenter__(self) -> Self:
        """Connect; raises BrokerUnavailable where no broker answers, TopicError where a topic is missing."""
        kafka = self._kafka
        self._partitions = await asyncio.to_thread(self._count_partitions)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka.bootstrap, acks="all", max_batch_size=_BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES + 100_000, request_timeout_ms=int(_PATIENCE_S * 1000),
            **aiokafka_security(kafka),
        )  # fmt: skip
        try:
            await self._producer.start()
        except KafkaError as error:
            await self._producer.stop()
            raise self._gone(error) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect; what was not flushed is not confirmed and not counted."""
        await self._producer.stop()

    async def add(self, topic: str, key: bytes, value: bytes, headers: Headers = ()) -> None:
        """Take one record; sends a batch when full. Raises as `flush` does, SanwangError for a huge record."""
        if len(value) > MAX_RECORD_BYTES:
            raise SanwangError(f"{topic}: a record of {len(value)} bytes is more than Kafka takes ({MAX_RECORD_BYTES})")
        place = (topic, crc32(key) % self._partitions[topic])
        batch = self._batches.get(place)
        if batch is not None and batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is not None:
            return
        await self._send(place)
        batch = self._batches[place] = self._producer.create_batch()
        batch.append(key=key, value=value, timestamp=None, headers=list(headers))

    async def flush(self) -> None:
        """Send what is waiting; returns when everything is confirmed. Raises BrokerUnavailable where it cannot be."""
        for place in list(self._batches):
            await self._send(place)
        await self._settle(0)

    async def _send(self, place: tuple[str, int]) -> None:
        batch = self._batches.pop(place, None)
        if batch is None:
            return
        await self._settle(_IN_FLIGHT - 1)
        topic, partition = place
        try:
            sent = await self._producer.send_batch(batch, topic, partition=partition)
        except KafkaError as error:
            raise self._gone(error) from None
        self._flying.append((topic, batch.record_count(), sent))

    async def _settle(self, left: int) -> None:
        while len(self._flying) > left:
            topic, records, sent = self._flying.popleft()
            try:
                await sent
            except KafkaError as error:
                raise self._gone(error) from None
            self.confirmed[topic] += records

    def _count_partitions(self) -> dict[str, int]:
        kafka = self._kafka
        with Broker(kafka.bootstrap, kafka_python_security(kafka), _PATIENCE_S) as broker:
            partitions = broker.partitions(self._topics)
        missing = [topic for topic in self._topics if topic not in partitions]
        if missing:
            raise TopicError(f"the broker at {kafka.bootstrap} has no topic {', '.join(missing)}: start a worker first")
        return partitions

    def _gone(self, error: KafkaError) -> BrokerUnavailable:
        sent = sum(self.confirmed.values())
        return BrokerUnavailable(
            f"the Kafka broker at {self._kafka.bootstrap} does not confirm what we send ({type(error).__name__}); "
            f"{sent} records were confirmed before"
        )
