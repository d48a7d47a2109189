"""A month of a city, from a seed, fed in as history: reports, and units that answer at their own times."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from streams.city.city import City
from streams.core.deadline import DAY
from streams.core.localtime import to_ms
from streams.flow.brokers import Broker
from streams.flow.intake import REPLAY_HEADER
from streams.flow.topics import ANSWER_TOPICS, FEED_TOPICS, ORDER_UPDATES, ORDERS, RECORDS
from streams.intake.sender import Sender
from streams.intake.simulator import CALM, Simulator
from streams.intake.simulator.play import value_of
from streams.intake.simulator.units import Answer, Units
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.order_loop import MONDAY
from tests.support.pipeline import Pipeline

BEGIN = MONDAY - 3 * DAY  # 2024-11-01 00:00 in Shanghai
DAYS, PARTS = 30, 3
#: Every matter is told once: two tellings over two nets may come in either order, and who is first gives the name.
PROFILE = replace(CALM, name="month", all_clears=0.0, retold=0.0)
CODEC = Codec(FileSource())
PATIENCE_S = 90.0


class Record(NamedTuple):
    """A record of history, ready to be sent."""

    at: int
    topic: str
    key: bytes
    value: bytes


def reports(city: City, seed: int, count: int) -> list[Record]:
    """The month's reports in the order of time, without broken ones."""
    fed = Simulator(city, seed, BEGIN, PROFILE, count / (DAYS * DAY / 1000))
    month = itertools.takewhile(lambda one: one.due_ms < BEGIN + DAYS * DAY, fed)
    return [Record(one.due_ms, one.topic, one.key, value_of(one, CODEC)) for one in month if not one.spoiled]


class Month:
    """Feeds a month to a pipeline, part by part; `interrupt` is called after each batch, before it is worked off."""

    def __init__(self, running: Pipeline, city: City, seed: int, interrupt: Callable[[], None]) -> None:
        self._running, self._interrupt = running, interrupt
        self._units = Units(city, seed)
        self._answers: list[Answer] = []
        self._known: set[str] = set()

    def play(self, told: list[Record]) -> None:
        """All of it: each part's reports net by net, and then what the units said of orders in that time."""
        for part in range(PARTS):
            begin, end = (BEGIN + n * DAYS * DAY // PARTS for n in (part, part + 1))
            for topic in FEED_TOPICS:
                self._feed(one for one in told if one.topic == topic and begin <= one.at < end)
            self._read_orders()
            due = sorted((one for one in self._answers if one.at < end), key=lambda one: one.at)
            self._answers = [one for one in self._answers if one.at >= end]
            self._feed(Record(a.at, a.topic, a.key, CODEC.encode(RECORDS[a.topic], a.record)) for a in due)

    def _feed(self, records: Iterable[Record]) -> None:
        asyncio.run(self._send(list(records)))
        self._interrupt()
        account = self._running.account(PATIENCE_S)
        assert account.closed, f"{account}\n{self._running.worker.last_words()}"

    async def _send(self, records: list[Record]) -> None:
        async with Sender(self._running.settings.kafka, (*FEED_TOPICS, *ANSWER_TOPICS)) as sender:
            for one in records:
                await sender.add(one.topic, one.key, one.value, [(REPLAY_HEADER, b"1")])
            await sender.flush()

    def _read_orders(self) -> None:
        with Broker(self._running.settings.kafka.bootstrap) as broker:
            for record in broker.records(ORDERS):
                order = CODEC.decode("Order", record.value or b"")
                if order["role"] == "lead" and order["order_id"] not in self._known:
                    self._answers += self._story(order)

    def _story(self, order: dict[str, Any]) -> Iterator[Answer]:
        """The answers to an order, and to those that it leads to: history does not wait for them to be sent."""
        self._known.add(order["order_id"])
        for answer in self._units.answers(order):
            yield answer
            if answer.topic == ORDER_UPDATES and answer.record["step"] == "handed_over":
                unit = str(answer.record["to_unit"])
                given = {"unit": unit, "order_id": f"{order['incident_id']}/{unit}/1",
                         "issued_at": to_ms(str(answer.record["step_time"]))}  # fmt: skip
                if given["order_id"] not in self._known:
                    yield from self._story(order | given)
