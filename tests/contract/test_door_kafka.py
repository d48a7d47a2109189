"""The door in front of a real broker: what is answered with 202 is there; without a broker nothing is accepted."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

from streams.city.city import City
from streams.config import Kafka
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.embedded import EmbeddedBroker
from streams.flow.topics import FEED_TOPICS, HOTLINE_CALLS, ORDER_UPDATES
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.brokers import AnyBroker
from tests.support.door import UNIT, Client, alert, call, door, update

PARTITIONS = 3
REPORTS = "/v1/reports"
CODEC = Codec(FileSource())


def with_topics(broker: AnyBroker) -> Kafka:
    with Broker(broker.servers) as face:
        face.create_topics(TopicSpec(topic, PARTITIONS) for topic in (*FEED_TOPICS, ORDER_UPDATES))
    return Kafka(bootstrap=broker.servers)


async def ready(client: Client) -> None:
    ends = time.monotonic() + 30
    while (await client.get("/readyz"))[0] != 200:
        assert time.monotonic() < ends
        await asyncio.sleep(0.05)


def numbers(broker: AnyBroker, topic: str = HOTLINE_CALLS) -> Counter[str]:
    with Broker(broker.servers) as face:
        return Counter((record.key or b"").decode() for record in face.records(topic))


async def test_what_is_accepted_is_there_once_and_can_be_read(
    own_broker: AnyBroker, example_city: City, tmp_path: Path
) -> None:
    async with door(example_city, tmp_path, with_topics(own_broker)) as client:
        await ready(client)
        singles = [client.post(REPORTS, call(f"S{number}")) for number in range(200)]
        batches = [client.post(REPORTS, [call(f"B{b}-{n}") for n in range(300)] + [alert(f"J{b}")]) for b in range(4)]
        steps = [client.post(f"/v1/orders/hotline:S1/{UNIT}/1/updates", update(f"U{n}")) for n in range(20)]
        answers = await asyncio.gather(*singles, *batches, *steps)
    assert {status for status, _, _ in answers} == {202}
    told = [one for _, answer, _ in answers for one in answer.get("ids", [answer.get("id")])]
    with Broker(own_broker.servers) as face:
        calls = list(face.records(HOTLINE_CALLS))
        updates = list(face.records(ORDER_UPDATES))
    assert Counter(f"hotline:{CODEC.decode('HotlineCall', r.value or b'')['number']}" for r in calls) == Counter(
        one for one in told if one.startswith("hotline:")
    )
    assert len({record.partition for record in calls}) == PARTITIONS
    assert len({record.partition for record in updates}) == 1  # of one order all stay in order
    assert numbers(own_broker, "police.alerts") == Counter(f"J{batch}" for batch in range(4))


async def test_a_door_without_a_broker_says_so_and_opens_when_one_comes(example_city: City, tmp_path: Path) -> None:
    with EmbeddedBroker("door-late", tmp_path) as broker:
        broker.stop()
        async with door(example_city, tmp_path, Kafka(bootstrap=broker.servers)) as client:
            status, told, headers = await client.post(REPORTS, call())
            assert (status, told["error"]) == (503, "busy")
            assert int(headers["Retry-After"]) > 0
            assert (await client.get("/readyz"))[:2] == (503, "waiting for kafka\n")
            broker.start()
            with_topics(broker)
            await ready(client)
            assert (await client.post(REPORTS, call()))[0] == 202


async def test_with_the_broker_gone_nothing_is_accepted_and_nothing_accepted_is_lost(
    own_broker: AnyBroker, example_city: City, tmp_path: Path
) -> None:
    async with door(example_city, tmp_path, with_topics(own_broker), confirm_s=2.0) as client:
        await ready(client)
        before = [(await client.post(REPORTS, call(f"before{n}")))[0] for n in range(5)]
        found = numbers(own_broker)
        own_broker.stop()
        began = time.monotonic()
        gone = await asyncio.gather(*(client.post(REPORTS, call(f"gone{n}")) for n in range(30)))
        assert time.monotonic() - began < 10
        began = time.monotonic()
        at_once = await asyncio.gather(*(client.post(REPORTS, call(f"later{n}")) for n in range(60)))
        quick = time.monotonic() - began
        own_broker.start()
        if isinstance(own_broker, EmbeddedBroker):
            with_topics(own_broker)  # it has forgotten everything
        after: dict[str, int] = {}
        ends = time.monotonic() + 60
        while "after" not in after or after["after"] != 202:
            assert time.monotonic() < ends
            after["after"] = (await client.post(REPORTS, call("after")))[0]
            await asyncio.sleep(0.2)
    assert (before, sum(found.values())) == ([202] * 5, 5)
    assert {status for status, _, _ in gone + at_once} == {503}
    assert all(int(headers["Retry-After"]) > 0 for _, _, headers in gone)
    assert quick < 6
    assert numbers(own_broker)["after"] >= 1
    if not isinstance(own_broker, EmbeddedBroker):
        assert set(found) <= set(numbers(own_broker))


async def test_a_broker_that_hangs_is_no_confirmation(example_city: City, tmp_path: Path) -> None:
    with EmbeddedBroker("door-hangs", tmp_path) as broker:
        assert broker.pid
        limits = {"confirm_s": 1.0, "max_waiting_bytes": 400_000}
        async with door(example_city, tmp_path, with_topics(broker), **limits) as client:
            await ready(client)
            assert (await client.post(REPORTS, call("first")))[0] == 202
            os.kill(broker.pid, signal.SIGSTOP)
            try:
                hung = [client.post(REPORTS, call(f"h{n}", detail="灯" * 10_000)) for n in range(40)]
                answers = await asyncio.gather(*hung)
            finally:
                os.kill(broker.pid, signal.SIGCONT)
            assert {status for status, _, _ in answers} == {503}
            messages = {told["message"] for _, told, _ in answers}
            assert "too much is waiting for Kafka" in messages  # memory is bounded
            assert len(messages) > 1
            ends = time.monotonic() + 30
            while (await client.post(REPORTS, call("h1")))[0] != 202:  # sent again, as it was told to
                assert time.monotonic() < ends
                await asyncio.sleep(0.2)
            assert numbers(broker)["h1"] >= 1


async def test_clients_that_go_away_disturb_nobody(own_broker: AnyBroker, example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, with_topics(own_broker)) as client:
        await ready(client)
        leaving = [asyncio.create_task(client.post(REPORTS, call(f"L{n}"))) for n in range(20)]
        await asyncio.sleep(0.001)
        for one in leaving:
            one.cancel()
        staying = await asyncio.gather(*(client.post(REPORTS, call(f"S{n}")) for n in range(50)))
    assert {status for status, _, _ in staying} == {202}
    assert set(numbers(own_broker)) >= {f"S{n}" for n in range(50)}
