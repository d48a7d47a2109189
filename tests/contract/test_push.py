"""Orders pushed to endpoints: signed, retried, buried; no endpoint holds up another, and nothing is lost."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from streams.config import Kafka, Push
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.publisher import Publisher
from streams.flow.topics import DEAD_LETTERS, LEDGER, ORDERS
from streams.push import courier, letters
from streams.push.courier import Courier
from streams.push.endpoints import Endpoint
from streams.push.letters import Letters
from streams.telemetry.door_metrics import PushMetrics
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.brokers import AnyBroker
from tests.support.ports import free_port
from tests.support.receiver import SECRET, Receiver, receiver
from tests.support.records import ORDER

CODEC = Codec(FileSource())
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
PARTITIONS = 2
PATIENCE_S = 15.0


class Town:
    """A broker with orders, and what has been measured."""

    def __init__(self, servers: str, group: str) -> None:
        self.kafka = Kafka(bootstrap=servers, group=group)
        self.metrics = PushMetrics()
        self.couriers: list[Courier] = []

    async def order(self, number: str, unit: str = "U1", revision: int = 1) -> None:
        now = int(time.time() * 1000)
        order = ORDER | {"order_id": f"police:{number}/{unit}/1", "unit": unit, "revision": revision, "issued_at": now}
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap, acks="all") as producer:
            await producer.send_and_wait(courier.ORDERS, CODEC.encode("Order", order), key=unit.encode())

    @asynccontextmanager
    async def pushing(self, *endpoints: Endpoint, **push: Any) -> AsyncIterator[None]:
        publisher = Publisher(self.kafka, lambda _topic: None)
        await publisher.start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1.0)) as session:
            buried = Letters("log", publisher, CODEC)
            self.couriers = [
                Courier(
                    self.kafka, Push(**push), PARTITIONS, endpoint, session, CODEC, buried, self.metrics,
                    pauses_s=(0.05,),
                )
                for endpoint in endpoints
            ]
            tasks = [asyncio.create_task(courier.run()) for courier in self.couriers]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await publisher.stop()

    def pushed(self, unit: str, outcome: str) -> float:
        labels = {"unit": unit, "outcome": outcome}
        return self.metrics.registry.get_sample_value("sanwang_push_orders_total", labels) or 0

    def oldest(self, unit: str) -> float:
        for one in self.couriers:
            one.refresh()
        return self.metrics.registry.get_sample_value("sanwang_push_oldest_seconds", {"unit": unit}) or 0

    def letters(self) -> list[dict[str, Any]]:
        with Broker(self.kafka.bootstrap) as face:
            return [CODEC.decode("DeadLetter", record.value or b"") for record in face.records(letters.DEAD_LETTERS)]


@pytest.fixture
def town(broker: AnyBroker, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Its topics are its own, so that tests on one broker do not meet."""
    monkeypatch.setattr(courier, "ORDERS", f"{prefix}{ORDERS}")
    monkeypatch.setattr(letters, "DEAD_LETTERS", f"{prefix}{DEAD_LETTERS}")
    with Broker(broker.servers) as face:
        face.create_topics(TopicSpec(topic, PARTITIONS) for topic in (courier.ORDERS, letters.DEAD_LETTERS, LEDGER))
    return Town(broker.servers, prefix)


def endpoint(url: str, *units: str) -> Endpoint:
    return Endpoint(units[0], url, dict.fromkeys(units, KEY))


async def until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)


def taken(one: Receiver) -> set[str]:
    return set(one.orders)


def ids(numbers: Sequence[str], unit: str = "U1") -> set[str]:
    return {f"police:{number}/{unit}/1" for number in numbers}


async def test_orders_come_signed_to_the_units_that_have_an_endpoint(town: Town) -> None:
    async with receiver() as one, receiver() as other:
        for number in ("1", "2/x 二"):
            await town.order(number)
        await town.order("3", "U2")
        await town.order("4", "ELSEWHERE")
        await town.order("1", revision=3)
        async with town.pushing(endpoint(one.url, "U1"), endpoint(other.url, "U2")):
            await until(lambda: taken(one) == ids(["1", "2/x 二"]) and taken(other) == ids(["3"], "U2"))
            await until(lambda: town.pushed("U1", "delivered") == 3)
            assert town.oldest("U1") == 0
    assert one.orders["police:1/U1/1"]["revision"] == 3
    assert sorted(one.seen) == ["police:1/U1/1:1", "police:1/U1/1:3", "police:2/x%20%E4%BA%8C/U1/1:1"]
    assert one.forged == other.forged == 0
    assert town.letters() == []


async def test_what_is_not_taken_is_tried_again_with_the_same_id_and_the_age_is_measured(town: Town) -> None:
    async with receiver() as one:
        one.answer = lambda _order, times: 503 if times < 4 else 204
        await town.order("1")
        async with town.pushing(endpoint(one.url, "U1")):
            await until(lambda: len(one.seen) >= 2)
            assert town.oldest("U1") > 0
            await until(lambda: taken(one) == ids(["1"]))
    assert one.seen == ["police:1/U1/1:1"] * 4
    failed = town.metrics.registry.get_sample_value("sanwang_push_failures_total", {"unit": "U1", "why": "away"})
    assert failed == 3


async def test_a_slow_endpoint_holds_up_nobody_and_a_dead_one_loses_nothing(town: Town) -> None:
    dead = f"http://127.0.0.1:{free_port()}/orders"
    numbers = [str(number) for number in range(12)]
    async with receiver() as slow, receiver() as quick:
        slow.delay_s = 30.0
        for number in numbers:
            for unit in ("U1", "U2", "U3"):
                await town.order(number, unit)
        async with town.pushing(endpoint(slow.url, "U1"), endpoint(dead, "U3"), endpoint(quick.url, "U2")):
            await until(lambda: taken(quick) == ids(numbers, "U2"))
            assert taken(slow) == set()
        slow.delay_s = 0.0
        async with receiver() as mended, town.pushing(endpoint(mended.url, "U3"), endpoint(slow.url, "U1")):
            await until(lambda: taken(mended) == ids(numbers, "U3") and taken(slow) == ids(numbers))
    assert town.letters() == []


async def test_an_order_that_is_refused_or_breaks_the_endpoint_is_buried_and_the_next_one_comes(town: Town) -> None:
    async with receiver() as one:
        answers = {"police:bad/U1/1": 422, "police:poison/U1/1": 500}
        one.answer = lambda order, _times: answers.get(order["order_id"], 200)
        for number in ("bad", "poison", "good"):
            await town.order(number)
        async with town.pushing(endpoint(one.url, "U1")):
            await until(lambda: taken(one) == ids(["good"]))
            await until(lambda: town.pushed("U1", "undelivered") == 1)
    found = {letter["reason"]: letter for letter in town.letters()}
    assert {reason: letter["detail"] for reason, letter in found.items()} == {
        "push_refused": "the endpoint answers 422", "push_undelivered": "the endpoint answers 500, 5 tries",
    }  # fmt: skip
    assert {letter["feed"] for letter in found.values()} == {"orders"}
    assert (town.pushed("U1", "refused"), town.pushed("U1", "delivered")) == (1, 1)


@pytest.mark.parametrize("status", [301, 401, 404])
async def test_an_answer_about_the_endpoint_is_no_judgement_on_the_order(town: Town, status: int) -> None:
    async with receiver() as one:
        one.answer = lambda _order, times: status if times < 8 else 200
        await town.order("1")
        async with town.pushing(endpoint(one.url, "U1")):
            await until(lambda: taken(one) == ids(["1"]))
    assert town.letters() == []


async def test_an_order_that_was_never_taken_is_buried_when_it_is_too_old(town: Town) -> None:
    dead = f"http://127.0.0.1:{free_port()}/orders"
    await town.order("1")
    async with town.pushing(endpoint(dead, "U1"), give_up_s=0.5):
        await until(lambda: town.pushed("U1", "undelivered") == 1)
    [letter] = town.letters()
    assert (letter["reason"], letter["preview"]) == ("push_undelivered", "")
    assert letter["detail"].startswith("no answer (Client")


async def test_after_a_restart_it_goes_on_where_it_was(town: Town) -> None:
    async with receiver() as one:
        await town.order("1")
        async with town.pushing(endpoint(one.url, "U1")):
            await until(lambda: taken(one) == ids(["1"]))
            await until(lambda: town.pushed("U1", "delivered") == 1)
            await asyncio.sleep(0.3)  # for the commit
        await town.order("2")
        async with town.pushing(endpoint(one.url, "U1")):
            await until(lambda: taken(one) == ids(["1", "2"]))
    assert one.seen == ["police:1/U1/1:1", "police:2/U1/1:1"]
