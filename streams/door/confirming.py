"""Records to Kafka for clients that wait until it has them.

One lane for each partition, one round under way in each: what comes while the broker confirms a round goes together in
the next one, so a batch costs the same whether one client waits for it or a hundred. A round that is not confirmed in
time is a refusal for all who wait for it; they are told to send again, which does no harm, since every record is known
by its number. While a lane gets no confirmation only one round at a time tries, and whoever comes beside it is told at
once: nobody waits in vain, and nothing piles up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from streams.config import Kafka
from streams.door.judge import Passed
from streams.door.problems import busy
from streams.errors import SanwangError
from streams.flow.batches import MAX_BATCH_BYTES
from streams.flow.brokers import Broker
from streams.flow.security import aiokafka_security, kafka_python_security

_LINGER_S = 0.01  # how long a lane that has just sent waits for company
_AGAIN_S = 2.0  # after a refusal
_PAUSE_S = 1.0
log = structlog.get_logger(__name__)


class _Waiting:
    """A client that waits for `left` records."""

    __slots__ = ("done", "left")

    def __init__(self, left: int, done: asyncio.Future[None]) -> None:
        self.left, self.done = left, done

    def confirm(self) -> None:
        self.left -= 1
        if self.left == 0 and not self.done.done():
            self.done.set_result(None)

    def refuse(self) -> None:
        if not self.done.done():
            self.done.set_exception(busy("Kafka does not confirm in time; send it again", _AGAIN_S))


class _Lane:
    """One partition."""

    def __init__(self, topic: str, partition: int, producer: AIOKafkaProducer, confirm_s: float,
                 on_failure: Callable[[str], None]) -> None:
        self._topic, self._partition, self._producer = topic, partition, producer
        self._confirm_s, self._on_failure = confirm_s, on_failure
        self._pending: deque[tuple[bytes, bytes, _Waiting]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    @property
    def closed(self) -> bool:
        """Whether the last round failed and another one is just trying."""
        return self._failing and self._task is not None

    def add(self, key: bytes, value: bytes, waiting: _Waiting) -> None:
        self._pending.append((key, value, waiting))
        if self._task is None:
            self._task = asyncio.create_task(self._rounds())

    async def _rounds(self) -> None:
        try:
            while self._pending:
                await self._round()
                await asyncio.sleep(_LINGER_S)
        finally:
            self._task = None

    async def _round(self) -> None:
        batch = self._producer.create_batch()
        waiting: list[_Waiting] = []
        while self._pending:
            key, value, waits = self._pending[0]
            if waits.done.done():  # gone, or refused already for another of its records
                self._pending.popleft()
                continue
            if batch.append(key=key, value=value, timestamp=None) is None:
                break
            self._pending.popleft()
            waiting.append(waits)
        if waiting:
            await self._settle(batch, waiting)

    async def _settle(self, batch: object, waiting: Sequence[_Waiting]) -> None:
        try:
            async with asyncio.timeout(self._confirm_s):
                sent = await self._producer.send_batch(batch, self._topic, partition=self._partition)
                await asyncio.shield(sent)
        except (KafkaError, TimeoutError) as error:
            self._failing = True
            self._on_failure(self._topic)
            log.warning("not confirmed", topic=self._topic, partition=self._partition, error=repr(error))
            for waits in waiting:
                waits.refuse()
        else:
            self._failing = False
            for waits in waiting:
                waits.confirm()


class Confirming:
    """The door's producer."""

    def __init__(
        self, kafka: Kafka, topics: Sequence[str], confirm_s: float, on_failure: Callable[[str], None]
    ) -> None:
        """`on_failure` is told the topic of each round that was not confirmed."""
        self._kafka, self._topics, self._confirm_s, self._on_failure = kafka, topics, confirm_s, on_failure
        self._lanes: dict[str, list[_Lane]] = {}
        self._producer: AIOKafkaProducer | None = None
        self._connecting: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether broker and topics have been found."""
        return bool(self._lanes)

    def start(self) -> None:
        """Connect, in the background and for as long as it takes."""
        self._connecting = asyncio.create_task(self._connect())

    async def stop(self) -> None:
        """Disconnect; who still waits is refused."""
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, records: Iterable[Passed]) -> None:
        """Return when every record is confirmed by all in-sync replicas.

        Raises Problem 503 when that is not so in time: some may be taken then, and all may be sent again.
        """
        if not self._lanes:
            raise busy("Kafka cannot be reached yet", _AGAIN_S)
        placed = [(record, self._lane(record)) for record in records]
        if any(lane.closed for _, lane in placed):
            raise busy("Kafka does not confirm; send it again", _AGAIN_S)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(len(placed), done)
        for record, lane in placed:
            lane.add(record.key, record.value, waiting)
        await done

    def _lane(self, record: Passed) -> _Lane:
        lanes = self._lanes[record.topic]
        return lanes[int(murmur2(record.key) & 0x7FFFFFFF) % len(lanes)]

    async def _connect(self) -> None:
        while not self._lanes:
            try:
                partitions = await asyncio.to_thread(self._partitions)
                producer = await self._started()
            except (SanwangError, KafkaError) as error:
                log.warning("no broker yet", error=str(error), retry_s=_PAUSE_S)
                await asyncio.sleep(_PAUSE_S)
            else:
                self._producer = producer
                self._lanes = {
                    topic: [_Lane(topic, p, producer, self._confirm_s, self._on_failure) for p in range(count)]
                    for topic, count in partitions.items()
                }

    def _partitions(self) -> dict[str, int]:
        kafka = self._kafka
        with Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker:
            found = broker.partitions(self._topics)
        missing = [topic for topic in self._topics if topic not in found]
        if missing:
            raise SanwangError(f"no topic {', '.join(missing)} yet: a worker makes them")
        return found

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka.bootstrap, acks="all", max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_BATCH_BYTES + 100_000, request_timeout_ms=int(self._confirm_s * 1000),
            **aiokafka_security(self._kafka),
        )  # fmt: skip
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer
