"""Looks that need ClickHouse: the weeks before, desks with overdue orders, places where a matter recurs.

Only these wait while ClickHouse is away: surges, absence and silence are seen without it, and dispatch knows nothing of
any of them.
"""

from __future__ import annotations

import asyncio

import structlog

from streams.core.deadline import DAY, MINUTE
from streams.core.lookout import Lookout
from streams.core.surges import WEEKS
from streams.core.warning_book import WarningBook
from streams.core.warnings import ColourWarning, Sight, overdue, recurrence
from streams.flow.topics import partition_of
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.looks import hours_since, late_desks, recurring
from streams.warehouse.port import Warehouse

EVERY_MS = 10 * MINUTE
_PAUSE_S = 30.0
log = structlog.get_logger(__name__)


class SlowLooks:
    """Asks ClickHouse, in threads, when it has our tables."""

    def __init__(self, warehouse: Warehouse, ready: asyncio.Event, partitions: int) -> None:
        self._warehouse = warehouse
        self._ready = ready
        self._partitions = partitions
        self._looked = 0
        self._asking: asyncio.Task[list[Sight]] | None = None
        self._lessons: dict[int, asyncio.Task[None]] = {}

    def teach(self, partition: int, lookout: Lookout) -> None:
        """Tell a new lookout of the weeks before, as soon as ClickHouse can."""
        self._lessons[partition] = asyncio.create_task(self._teach(partition, lookout))

    def look(self, book: WarningBook, now: int) -> list[ColourWarning]:
        """The changes of the book's warnings on desks and recurring matters, once in `EVERY_MS`; never waits."""
        at = self._looked * EVERY_MS
        if self._asking and self._asking.done():
            asked, self._asking = self._asking, None
            try:
                return book.take(_with_standing(asked.result(), book, at))
            except (WarehouseError, WarehouseUnavailable) as error:
                log.warning("no look at desks", error=str(error))
        elif not self._asking and now // EVERY_MS > self._looked and self._ready.is_set():
            self._looked = now // EVERY_MS
            self._asking = asyncio.create_task(asyncio.to_thread(self._sights, self._looked * EVERY_MS))
        return []

    async def close(self) -> None:
        """Let the questions under way come to their end: a thread cannot be cut off."""
        asked = [*self._lessons.values(), *([self._asking] if self._asking else [])]
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    def _sights(self, at: int) -> list[Sight]:
        desks = [overdue(unit, at, late, orders) for unit, late, orders in late_desks(self._warehouse, at)]
        again = recurring(self._warehouse, at)
        return desks + [recurrence(area, item, at, incidents) for area, item, incidents in again]

    async def _teach(self, partition: int, lookout: Lookout) -> None:
        await self._ready.wait()
        since = lookout.began - WEEKS * 7 * DAY
        while True:
            try:
                hours = await asyncio.to_thread(hours_since, self._warehouse, since)
                break
            except (WarehouseError, WarehouseUnavailable) as error:
                log.warning("no history yet", error=str(error))
                await asyncio.sleep(_PAUSE_S)
        ours = {key: n for key, n in hours.items() if partition_of(key[0], self._partitions) == partition}
        lookout.learn(ours)
        log.info("history learned", partition=partition, hours=len(ours))


def _with_standing(sights: list[Sight], book: WarningBook, at: int) -> list[Sight]:
    """The sights, and those of standing warnings of which nothing is found any more."""
    found = {(sight.place, sight.kind) for sight in sights}
    over = [overdue(unit, at, 0, 0) for unit, kind in book.standing("overdue") if (unit, kind) not in found]
    gone = [recurrence(area, item, at, 0) for area, item in book.standing("recurrence") if (area, item) not in found]
    return sights + over + gone
