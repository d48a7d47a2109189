"""Workers that share a group on a real broker: one takes over from another, one is cut off, one loses its client."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from operator import attrgetter

import pytest
from faust.types import TP

from streams.flow.app import App
from streams.flow.guard import Step
from streams.flow.topics import HOTLINE_CALLS
from streams.flow.transport import Chunk
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
        attrgetter(task)(app.consumer._thread._consumer).cancel()
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
