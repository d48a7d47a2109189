"""The rules of the chunk transport, on a real broker: order, what is under way, commits, urgency, a step that fails."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from streams.flow.brokers import Broker
from streams.flow.chunk_client import Taken
from streams.flow.topics import EVENTS, GRID_ALLCLEARS, HOTLINE_CALLS, LANES, POLICE_ALERTS
from streams.flow.transport import Chunk
from streams.flow.under_way import MOST
from tests.support.chunks import (
    PARTITIONS,
    PATIENCE_S,
    kafka_of,
    load,
    make_topics,
    owned,
    publishing,
    running,
    until,
    values,
)


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

        async def take_and_stop() -> Taken:
            listening.set()
            taken = await take()
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
