"""A worker that is nothing but the chunk transport and the steps of a test, and a publisher that feeds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from faust.exceptions import ConsumerNotStarted

from streams.config import Kafka
from streams.flow.app import App, create_app, run_app
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.guard import OnFatal, Step
from streams.flow.lease import Lease
from streams.flow.publisher import Publisher
from streams.flow.topics import LANES
from streams.flow.transport import Chunk
from streams.telemetry.metrics import Metrics

PARTITIONS = 2
PATIENCE_S = 40.0


class NoTriage:
    """Stands where triage is told of assignments."""

    recovered = True
    topics = frozenset[str]()

    def assign(self, _partitions: object) -> None: ...

    def revoke(self, _partitions: object) -> None: ...


def kafka_of(servers: str) -> Kafka:
    """Settings with which rebalances and fetches are quick."""
    return Kafka(bootstrap=servers, partitions=PARTITIONS, rebalance_timeout_s=2, session_timeout_s=6, fetch_wait_ms=5)


async def _no_fatal(error: BaseException) -> None:
    raise error


@asynccontextmanager
async def running(
    kafka: Kafka, steps: dict[str, Step], on_fatal: OnFatal = _no_fatal
) -> AsyncIterator[App]:
    """A worker that runs `steps`, by topic; stopped in the right way at the end."""
    app = create_app(kafka, {t: (t, s) for t, s in steps.items()}, (NoTriage(),), Lease(kafka), Metrics(), on_fatal)
    stop = asyncio.Event()
    task = asyncio.create_task(run_app(app, stop))
    try:
        yield app
    finally:
        stop.set()
        await task


@asynccontextmanager
async def publishing(kafka: Kafka) -> AsyncIterator[Publisher]:
    """A publisher, started."""
    publisher = Publisher(kafka, lambda _topic: None)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


def make_topics(kafka: Kafka, topics: Collection[str] = tuple(LANES)) -> None:
    """Make these topics, those that workers consume if none are named, and wait until they can be written to."""
    with Broker(kafka.bootstrap) as broker:
        broker.create_topics([TopicSpec(topic, kafka.partitions, 1) for topic in topics])
        broker.end_offsets(topics)  # every partition has its leader when this is answered: no send is repeated


async def records_in(kafka: Kafka, topics: Collection[str]) -> int:
    """How many records the topics hold."""

    def ask() -> int:
        with Broker(kafka.bootstrap) as broker:
            return sum(broker.end_offsets(topics).values())

    return await asyncio.to_thread(ask)


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is so; TimeoutError after PATIENCE_S."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.02)


async def load(publisher: Publisher, topic: str, records: int) -> None:
    """Send so many records to each partition: 0, 1, 2 and so on."""
    for partition in range(PARTITIONS):
        await publisher.send(topic, partition, [(None, str(n).encode()) for n in range(records)])


def owned(app: App) -> int:
    """How many partitions a worker has."""
    try:
        return len(app.consumer.assignment())
    except ConsumerNotStarted:
        return 0


def values(chunk: Chunk) -> list[int]:
    """What `load` sent, as a chunk brings it."""
    return [int(record.value) for record in chunk.records]
