"""Periods of a report: a day, week, month or quarter in the city's own zone, and the one before it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from streams.core.deadline import DAY, EPOCH, UTC_OFFSET

PeriodKind = Literal["day", "week", "month", "quarter"]


class Period(Struct, frozen=True):
    """A span of whole days; `end` is the first day after it."""

    kind: PeriodKind
    begin: date
    end: date

    @property
    def span_ms(self) -> tuple[int, int]:
        """Begin and end (not included) in ms UTC."""
        begin, end = ((day.toordinal() - EPOCH) * DAY - UTC_OFFSET for day in (self.begin, self.end))
        return begin, end

    @property
    def before(self) -> Period:
        """The period of the same kind just before."""
        return period_of(self.kind, self.begin - timedelta(days=1))


def period_of(kind: PeriodKind, day: date) -> Period:
    """The period that holds `day`; weeks begin on Monday."""
    match kind:
        case "day":
            begin, end = day, day + timedelta(days=1)
        case "week":
            begin = day - timedelta(days=day.weekday())
            end = begin + timedelta(days=7)
        case "month":
            begin, end = day.replace(day=1), _first_of_month(day.year, day.month + 1)
        case "quarter":
            first = (day.month - 1) // 3 * 3 + 1
            begin, end = day.replace(month=first, day=1), _first_of_month(day.year, first + 3)
    return Period(kind, begin, end)


def _first_of_month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
