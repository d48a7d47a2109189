"""The rules of the chunk transport, on a real broker: order, what is under way, urgency, commits, rebalances."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from operator import attrgetter
from typing import Any

import pytest
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams.config import Kafka
from streams.flow.app import App, create_app, run_app
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.consumer_thread import Taken
from streams.flow.fetching import QUIET_WAIT_MS, Fetching
from streams.flow.guard import OnFatal, Step
from streams.flow.lease import Lease
from streams.flow.publisher import Publisher
from streams.flow.topics import EVENTS, GRID_ALLCLEARS, HOTLINE_CALLS, LANES, POLICE_ALERTS
from streams.flow.transport import Chunk
from streams.flow.under_way import MOST
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
    return Kafka(bootstrap=servers, partitions=PARTITIONS, rebalance_timeout_s=2, session_timeout_s=6, fetch_wait_ms=5)


async def _no_fatal(error: BaseException) -> None:
    raise error


@asynccontextmanager
async def running(
    kafka: Kafka, steps: dict[str, Step], on_fatal: OnFatal = _no_fatal
) -> AsyncIterator[App]:
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
    publisher = Publisher(kafka, lambda _topic: None)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


def make_topics(kafka: Kafka) -> None:
    with Broker(kafka.bootstrap) as broker:
        broker.create_topics([TopicSpec(topic, PARTITIONS, 1) for topic in LANES])
        broker.end_offsets(LANES)  # every partition has its leader when this is answered: no send is repeated


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.02)


async def load(publisher: Publisher, topic: str, records: int) -> None:
    for partition in range(PARTITIONS):
        await publisher.send(topic, partition, [(None, str(n).encode()) for n in range(records)])


def owned(app: App) -> int:
    try:
        return len(app.consumer.assignment())
    except ConsumerNotStarted:
        return 0


def values(chunk: Chunk) -> list[int]:
    return [int(record.value) for record in chunk.records]


async def test_every_record_once_in_order_and_one_chunk_in_flight(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: dict[int, list[int]] = defaultdict(list)
    at_work: set[int] = set()
    together = 0

    async def step(chunk: Chunk) -> None:
        nonlocal together
        assert not at_work & set(chunk.partitions)
        assert len(chunk.records) <= LANES[HOTLINE_CALLS].chunk
        at_work.update(chunk.partitions)
        together = max(together, len(at_work))
        await asyncio.sleep(0.002)
        for record in chunk.records:
            seen[record.partition].append(int(record.value))
        at_work.difference_update(chunk.partitions)

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step}):
        await load(publisher, HOTLINE_CALLS, 5000)
        await until(lambda: sum(map(len, seen.values())) >= 10_000)
    assert dict(seen) == {0: list(range(5000)), 1: list(range(5000))}
    assert together == PARTITIONS  # partitions do not wait for one another
    with Broker(kafka.bootstrap) as broker:  # a clean stop commits what is done
        assert broker.committed(kafka.group) == {(HOTLINE_CALLS, 0): 5000, (HOTLINE_CALLS, 1): 5000}


async def test_nothing_beyond_unfinished_work_is_committed(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    reached, go_on = asyncio.Event(), asyncio.Event()
    done: list[int] = []

    async def step(chunk: Chunk) -> None:
        if chunk.partition == 0 and 300 in values(chunk):
            reached.set()
            await go_on.wait()
        done.extend(values(chunk))

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step}) as app:
        await publisher.send(HOTLINE_CALLS, 0, [(None, str(n).encode()) for n in range(1000)])
        await asyncio.wait_for(reached.wait(), PATIENCE_S)
        before = len(done)
        await publisher.send(HOTLINE_CALLS, 1, [(None, str(n).encode()) for n in range(1000)])
        await until(lambda: len(done) >= before + 1000)
        await app.consumer.commit()
        with Broker(kafka.bootstrap) as broker:
            committed = broker.committed(kafka.group)
        assert committed[HOTLINE_CALLS, 1] == 1000
        assert committed.get((HOTLINE_CALLS, 0), 0) <= 300
        go_on.set()
        await until(lambda: len(done) >= 2000)


async def test_a_chunk_that_is_let_go_is_followed_in_order_by_so_many_and_commits_wait_for_it(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    begun: list[list[int]] = []
    go_on = asyncio.Event()

    async def step(chunk: Chunk) -> None:
        begun.append(values(chunk))
        chunk.let_go()
        if 0 in values(chunk):
            await go_on.wait()

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step}) as app:
        await publisher.send(HOTLINE_CALLS, 0, [(None, str(n).encode()) for n in range(2000)])
        await until(lambda: len(begun) == MOST)
        await asyncio.sleep(1)
        assert len(begun) == MOST
        await app.consumer.commit()
        with Broker(kafka.bootstrap) as broker:
            assert broker.committed(kafka.group).get((HOTLINE_CALLS, 0), 0) == 0
        go_on.set()
        await until(lambda: sum(map(len, begun)) == 2000)
    assert [value for chunk in begun for value in chunk] == list(range(2000))
    with Broker(kafka.bootstrap) as broker:
        assert broker.committed(kafka.group) == {(HOTLINE_CALLS, 0): 2000}


async def test_a_chunk_may_hold_several_partitions_and_commits_them_all(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    chunks: list[Chunk] = []

    async def step(chunk: Chunk) -> None:
        chunks.append(chunk)

    async with publishing(kafka) as publisher:
        await load(publisher, POLICE_ALERTS, 10)
        async with running(kafka, {POLICE_ALERTS: step}):
            await until(lambda: sum(len(chunk.records) for chunk in chunks) == 20)
    assert any(len(chunk.partitions) == PARTITIONS for chunk in chunks)
    with Broker(kafka.bootstrap) as broker:
        assert broker.committed(kafka.group) == {(POLICE_ALERTS, 0): 10, (POLICE_ALERTS, 1): 10}


async def test_what_was_taken_when_the_flow_stopped_is_taken_again(own_broker) -> None:
    """Also of a partition that has no committed offset yet."""
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: dict[int, list[int]] = defaultdict(list)
    listening, stopped = asyncio.Event(), asyncio.Event()

    async def step(chunk: Chunk) -> None:
        for record in chunk.records:
            seen[record.partition].append(int(record.value))

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step}) as app:
        await until(lambda: owned(app) == PARTITIONS)
        take = app.consumer._thread.take

        async def take_and_stop(taker: str | None) -> Taken:
            if taker is None:
                listening.set()
            taken = await take(taker)
            if taken.records and not stopped.is_set():
                app.consumer.stop_flow()
                stopped.set()
            return taken

        app.consumer._thread.take = take_and_stop
        await asyncio.wait_for(listening.wait(), PATIENCE_S)  # the wait that was under way could have taken it all
        await load(publisher, HOTLINE_CALLS, 50)
        await asyncio.wait_for(stopped.wait(), PATIENCE_S)
        await asyncio.sleep(0.2)
        app.consumer.resume_flow()
        await until(lambda: sum(map(len, seen.values())) >= 50 * PARTITIONS)
    assert dict(seen) == {partition: list(range(50)) for partition in range(PARTITIONS)}


async def test_urgent_topics_are_served_first(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    order: list[str] = []

    async def step(chunk: Chunk) -> None:
        order.extend([chunk.topic] * len(chunk.records))
        await asyncio.sleep(0)

    async with publishing(kafka) as publisher:
        for topic in (GRID_ALLCLEARS, EVENTS, POLICE_ALERTS):
            await load(publisher, topic, 2000)
        steps: dict[str, Callable[[Chunk], Awaitable[None]]] = dict.fromkeys(
            (GRID_ALLCLEARS, EVENTS, POLICE_ALERTS), step
        )
        async with running(kafka, steps):
            await until(lambda: len(order) >= 12_000)
    last_alert = len(order) - 1 - order[::-1].index(POLICE_ALERTS)
    before = order[: last_alert + 1]
    bulk_chunk = LANES[GRID_ALLCLEARS].chunk * PARTITIONS
    assert before.count(GRID_ALLCLEARS) <= 4 * bulk_chunk  # only what came before the alerts had been fetched


async def test_fetches_wait_long_only_where_nothing_came_and_all_partitions_are_named(
    own_broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    asked: list[tuple[str, int, int]] = []  # topic, partitions named, wait
    seen: list[int] = []
    fetch = Fetching._fetch

    async def noted(self: Fetching, assignment: Any, node: Any, request: Any) -> bool:
        asked.extend((topic, len(partitions), request._max_wait_ms) for topic, partitions in request._topics)
        return await fetch(self, assignment, node, request)

    async def step(chunk: Chunk) -> None:
        seen.extend(values(chunk))

    def patient() -> set[str]:
        """Topics of which the latest fetch waits long."""
        return {topic for topic, wait in {topic: wait for topic, _, wait in asked}.items() if wait == QUIET_WAIT_MS}

    monkeypatch.setattr(Fetching, "_fetch", noted)
    both = {HOTLINE_CALLS, POLICE_ALERTS}
    async with publishing(kafka) as publisher, running(kafka, dict.fromkeys(both, step)):
        for number in range(3):
            await until(lambda: patient() == both)
            await load(publisher, POLICE_ALERTS, 1)
            await load(publisher, HOTLINE_CALLS, 1)
            await until(lambda number=number: len(seen) == 2 * PARTITIONS * (number + 1))
            await until(lambda: patient() != both)
    assert {named for _, named, wait in asked if wait == QUIET_WAIT_MS} == {PARTITIONS}


@pytest.mark.parametrize(
    ("on_its_way", "other", "before"),
    [(HOTLINE_CALLS, POLICE_ALERTS, {POLICE_ALERTS}), (POLICE_ALERTS, HOTLINE_CALLS, set())],
    ids=["urgent waits for no other", "others wait for urgent"],
)
async def test_what_is_handed_over_while_a_chunk_is_on_its_way(
    own_broker, on_its_way: str, other: str, before: set[str]
) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: set[str] = set()
    held, arrive = asyncio.Event(), asyncio.Event()

    async def step(chunk: Chunk) -> None:
        seen.add(chunk.topic)

    steps: dict[str, Step] = dict.fromkeys((on_its_way, other), step)
    async with publishing(kafka) as publisher, running(kafka, steps) as app:
        await until(lambda: owned(app) == 2 * PARTITIONS)
        deliver = app.consumer.callback

        async def slowly(message: Any) -> None:
            if message.topic == on_its_way:
                held.set()
                await arrive.wait()
            await deliver(message)

        app.consumer.callback = slowly
        await load(publisher, on_its_way, 1)
        await asyncio.wait_for(held.wait(), PATIENCE_S)
        await load(publisher, other, 1)
        await (until(lambda: bool(seen)) if before else asyncio.sleep(1.0))
        assert seen == before
        arrive.set()
        await until(lambda: len(seen) == 2)


async def test_no_fetch_of_the_urgent_lanes_begins_only_when_the_other_ends(
    own_broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: list[int] = []
    told: list[tuple[str, str]] = []  # topic, what its fetch does: begins, ends
    fetch = Fetching._fetch

    async def noted(self: Fetching, assignment: Any, node: Any, request: Any) -> bool:
        topic = request._topics[0][0]
        told.append((topic, "begins"))
        found = await fetch(self, assignment, node, request)
        told.append((topic, "ends"))
        return found

    async def step(chunk: Chunk) -> None:
        seen.extend(values(chunk))

    monkeypatch.setattr(Fetching, "_fetch", noted)
    steps: dict[str, Step] = dict.fromkeys((HOTLINE_CALLS, POLICE_ALERTS), step)
    async with publishing(kafka) as publisher, running(kafka, steps):
        for number in range(100):
            await publisher.send(POLICE_ALERTS, number % PARTITIONS, [(None, b"1")])
            await until(lambda number=number: len(seen) == number + 1)
    after_an_end = [later for before, later in pairwise(told) if before == (POLICE_ALERTS, "ends")]
    at_once, put_off = (after_an_end.count(told) for told in ((POLICE_ALERTS, "begins"), (HOTLINE_CALLS, "ends")))
    assert at_once > 4 * put_off  # some of the others end between by chance, more of them where the machine is busy


async def test_a_failing_chunk_is_tried_again_and_not_acknowledged(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    tries: list[int] = []

    async def step(chunk: Chunk) -> None:
        if chunk.partition == 0:
            tries.append(values(chunk)[0])
            if len(tries) < 3:
                raise RuntimeError("not now")

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step}):
        await publisher.send(HOTLINE_CALLS, 0, [(None, b"1")])
        await until(lambda: len(tries) == 3)
    assert tries == [1, 1, 1]


@pytest.mark.parametrize("task", ["_client._sync_task", "_fetcher._fetch_task", "_coordinator._coordination_task"])
async def test_a_worker_ends_whose_kafka_client_comes_to_its_end(own_broker, task: str) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    faults: list[BaseException] = []

    async def on_fatal(error: BaseException) -> None:
        faults.append(error)

    async def step(_chunk: Chunk) -> None: ...

    async with running(kafka, {HOTLINE_CALLS: step}, on_fatal) as app:
        await until(lambda: owned(app) == PARTITIONS)
        assert not faults
        thread = app.consumer._thread
        thread.thread_loop.call_soon_threadsafe(attrgetter(task)(thread._consumer).cancel)
        await until(lambda: bool(faults))
    assert len(faults) == 1  # the stop that follows is none


async def test_two_workers_share_the_partitions_and_the_second_takes_over(own_broker) -> None:
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    by: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def step_of(worker: str) -> Step:
        async def step(chunk: Chunk) -> None:
            by[worker] += [(record.partition, int(record.value)) for record in chunk.records]

        return step

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step_of("one")}) as one:
        await until(lambda: owned(one) == PARTITIONS)
        async with running(kafka, {HOTLINE_CALLS: step_of("two")}) as two:
            await until(lambda: owned(one) == owned(two) == 1)
            await load(publisher, HOTLINE_CALLS, 2000)
            await until(lambda: len(by["one"]) + len(by["two"]) >= 4000)
        await until(lambda: owned(one) == PARTITIONS)
        await publisher.send(HOTLINE_CALLS, 0, [(None, b"9999")])
        await publisher.send(HOTLINE_CALLS, 1, [(None, b"9999")])
        await until(lambda: {(0, 9999), (1, 9999)} <= set(by["one"]))
    assert by["one"]
    assert by["two"]
    assert sorted({*by["one"], *by["two"]}) == sorted([(p, n) for p in (0, 1) for n in [*range(2000), 9999]])


async def test_a_chunk_that_comes_in_the_middle_of_a_rebalance_does_not_hold_its_partition(own_broker) -> None:
    """As where a second rebalance begins while Faust still ends its recovery after the first one."""
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: list[int] = []

    async def step(chunk: Chunk) -> None:
        seen.extend(values(chunk))

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step}) as app:
        await until(lambda: owned(app) == PARTITIONS)
        consumer = app.consumer
        revoked = consumer.on_partitions_revoked

        async def revoked_but_flowing(partitions: set[TP]) -> None:
            await revoked(partitions)
            consumer.under_way.begin({TP(HOTLINE_CALLS, n): 0 for n in range(PARTITIONS)})

        consumer.on_partitions_revoked = revoked_but_flowing
        async with running(kafka, {HOTLINE_CALLS: step}):
            await until(lambda: owned(app) == 1)
        await until(lambda: owned(app) == PARTITIONS)
        await load(publisher, HOTLINE_CALLS, 10)
        await until(lambda: len(seen) >= 20)


async def test_what_a_worker_decided_is_not_told_once_another_has_its_partitions(own_broker) -> None:
    """It is cut off in the middle of a chunk, and back when it is too late."""
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    decided, go_on = asyncio.Event(), asyncio.Event()
    told: dict[str, list[int]] = defaultdict(list)
    apps: dict[str, App] = {}

    def step_of(worker: str) -> Step:
        async def step(chunk: Chunk) -> None:
            generation = apps[worker].lease.generation
            if worker == "one":
                decided.set()
                await go_on.wait()
            await apps[worker].lease.hold(generation)
            told[worker] += values(chunk)

        return step

    async with publishing(kafka) as publisher, running(kafka, {HOTLINE_CALLS: step_of("one")}) as apps["one"]:
        await until(lambda: owned(apps["one"]) == PARTITIONS)
        await load(publisher, HOTLINE_CALLS, 1)
        await asyncio.wait_for(decided.wait(), PATIENCE_S)
        coordinator = apps["one"].consumer._thread._consumer._coordinator
        beat, coordinator._do_heartbeat = coordinator._do_heartbeat, _unheard
        async with running(kafka, {HOTLINE_CALLS: step_of("two")}) as apps["two"]:
            await until(lambda: len(told["two"]) == PARTITIONS)
            coordinator._do_heartbeat = beat
            go_on.set()
            await until(lambda: owned(apps["one"]) == 1)
            assert not told["one"]
    assert told["two"] == [0, 0]


async def _unheard() -> bool:
    return False
