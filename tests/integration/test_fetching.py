"""What the consumer asks a real broker for, and when: how long a fetch waits, and that none waits for another's end."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from streams.flow.fetching import QUIET_WAIT_MS, Fetching
from streams.flow.guard import Step
from streams.flow.topics import EVENTS_URGENT, GRID_REPORTS, HOTLINE_CALLS, LANES, LEDGER, POLICE_ALERTS, Lane
from streams.flow.transport import Chunk
from tests.support.chunks import PARTITIONS, kafka_of, load, make_topics, publishing, running, until, values


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
    async with publishing(kafka) as publisher, running(kafka, dict.fromkeys(both, step)) as app:
        for number in range(3):
            await until(lambda: patient() == both)
            await load(publisher, POLICE_ALERTS, 1)
            await load(publisher, HOTLINE_CALLS, 1)
            await until(lambda number=number: len(seen) == 2 * PARTITIONS * (number + 1))
            await until(lambda: patient() != both)
        assert len(app.consumer._thread._fetching._fetcher._fetch_waiters) <= 1  # none is left over
    assert {named for _, named, wait in asked if wait == QUIET_WAIT_MS} == {PARTITIONS}


async def test_whoever_takes_hears_of_all_that_comes(own_broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.flow.chunk_client.IDLE_S", 3600.0)  # nobody looks again by himself
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: list[int] = []

    async def step(chunk: Chunk) -> None:
        await asyncio.sleep(0.01)  # the next records are at hand by now
        if chunk.topic != EVENTS_URGENT:
            chunk.let_go()  # the others' come when this chunk is done
        await asyncio.sleep(0.01)
        seen.extend(values(chunk))

    topics = (POLICE_ALERTS, EVENTS_URGENT, HOTLINE_CALLS, GRID_REPORTS)
    async with publishing(kafka) as publisher, running(kafka, dict.fromkeys(topics, step)):
        for number in range(1, 4):
            await asyncio.gather(*(load(publisher, topic, 1_000) for topic in topics))
            await until(lambda number=number: len(seen) == number * len(topics) * PARTITIONS * 1_000)


async def test_records_gather_company_only_where_none_are_left_at_the_broker(
    own_broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LANES, LEDGER, Lane(6, 50, linger_ms=3_600_000))
    kafka = kafka_of(own_broker.servers)
    make_topics(kafka)
    seen: list[int] = []

    async def step(chunk: Chunk) -> None:
        seen.extend(record.offset for record in chunk.records)

    large = [(None, bytes(300_000))] * 20  # of which a fetch brings a few, and no chunk is full
    async with publishing(kafka) as publisher:
        await publisher.send(LEDGER, 0, large)
        async with running(kafka, {LEDGER: step}):
            await until(lambda: seen == list(range(20)))
            await publisher.send(LEDGER, 0, large[:1])
            await asyncio.sleep(0.5)
            assert len(seen) == 20  # company may still come


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
