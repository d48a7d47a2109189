"""Looks that need ClickHouse: once in ten minutes, never waited for, and no harm while it is away."""

import asyncio
from collections.abc import Mapping
from typing import Any

from streams.config import ClickHouse
from streams.core.deadline import DAY, MINUTE
from streams.core.lookout import Duty, Lookout
from streams.core.warning_book import WarningBook
from streams.core.warnings import ColourWarning
from streams.flow.slow_looks import EVERY_MS, SlowLooks
from streams.warehouse.asking import Asking
from streams.warehouse.errors import WarehouseUnavailable

NOW = 1_730_649_600_000


class Desks(Asking):
    """A warehouse that knows one late desk, or is away."""

    def __init__(self) -> None:
        super().__init__(ClickHouse())
        self.away = False
        self.late = 8
        self.asked = 0

    def query(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[tuple[Any, ...]]:
        self.asked += 1
        if self.away:
            raise WarehouseUnavailable("gone")
        if "order_facts" in sql:
            return [("E-CG", self.late, 10)] if self.late else []
        return [("419901001000", "09", 480_000, 3), ("419902001000", "09", 480_000, 5)] if "hour" in sql else []


async def ready() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def looks(slow: SlowLooks, book: WarningBook, *minutes: int) -> list[ColourWarning]:
    told = []
    for minute in minutes:
        for _ in range(3):
            told += slow.look(book, NOW + minute * MINUTE)
            await asyncio.sleep(0.05)
    return told


async def test_a_late_desk_is_told_at_a_fixed_moment_and_its_end_too() -> None:
    desks, book = Desks(), WarningBook()
    slow = SlowLooks(desks, await ready(), 2)
    told = await looks(slow, book, 3, 5, 9)
    assert desks.asked == 2  # desks and places, once
    assert [(w.sight.subject, w.sight.place, w.change, w.sight.at % EVERY_MS) for w in told] == [
        ("overdue", "E-CG", "raised", 0)
    ]
    desks.late = 0
    told = await looks(slow, book, *range(13, 200, 10))
    assert [(w.change, w.sight.count) for w in told] == [("cancelled", 0)]
    await slow.close()


async def test_while_clickhouse_is_away_warnings_stand_as_they_were() -> None:
    desks, book = Desks(), WarningBook()
    slow = SlowLooks(desks, await ready(), 2)
    await looks(slow, book, 3)
    desks.away = True
    assert await looks(slow, book, *range(13, 300, 10)) == []
    assert book.standing("overdue") == [("E-CG", "")]
    await slow.close()


async def test_nothing_is_asked_before_the_tables_are_there() -> None:
    desks = Desks()
    slow = SlowLooks(desks, asyncio.Event(), 2)
    assert await looks(slow, WarningBook(), 3, 13) == []
    assert desks.asked == 0
    await slow.close()


async def test_a_lookout_learns_its_own_counties() -> None:
    lookout = Lookout(Duty(MINUTE, 0, 2, {}, {}, DAY, "", (), ()), NOW)
    slow = SlowLooks(Desks(), await ready(), 2)
    slow.teach(1, lookout)
    await asyncio.sleep(0.2)
    assert {pair: sum(hours.values()) for pair, hours in lookout._live._hours.items()} == {("419901001000", "09"): 3}
    await slow.close()
