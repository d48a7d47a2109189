"""Moments as routing rules see them: minute of the day, weekday, working day, in Asia/Shanghai."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

from streams.core.deadline import DAY, EPOCH, MINUTE, UTC_OFFSET, IsWorkday
from streams.core.reach import Box
from streams.core.vocabulary import DAY_MINUTES, Facts


class Moments:
    """Tells moments apart only as far as the given conditions do, so that decisions can be remembered."""

    def __init__(self, conditions: Iterable[Box], is_workday: IsWorkday) -> None:
        boxes = list(conditions)
        self._is_workday = is_workday
        self._marks = _marks(boxes)
        self._by_day = any("weekday" in box or "workday" in box for box in boxes)
        self._days: dict[int, int] = {}

    def key(self, clock_ms: int) -> int:
        """Equal for moments that no condition tells apart."""
        day, time_of_day = divmod(clock_ms + UTC_OFFSET, DAY)
        part = bisect_right(self._marks, time_of_day // MINUTE)
        return part * 14 + self._day(day) if self._by_day else part

    def facts(self, clock_ms: int) -> Facts:
        """What conditions may ask about a moment in ms UTC."""
        day, time_of_day = divmod(clock_ms + UTC_OFFSET, DAY)
        working, weekday = divmod(self._day(day), 7)
        return {"minute": time_of_day // MINUTE, "weekday": weekday, "workday": bool(working)}

    def _day(self, day: int) -> int:
        """0 to 6 for the weekday, 7 more on a working day."""
        known = self._days.get(day)
        if known is None:
            when = date.fromordinal(EPOCH + day)
            known = self._days[day] = when.weekday() + (7 if self._is_workday(when) else 0)
        return known


def _marks(boxes: Iterable[Box]) -> list[int]:
    """The minutes of the day at which the answer of some condition may change."""
    asked = [box["minute"] for box in boxes if "minute" in box]
    return sorted({m for minutes in asked for m in range(1, DAY_MINUTES) if (m in minutes) != ((m - 1) in minutes)})
