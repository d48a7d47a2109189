"""Working days: the statutory holidays and make-up days (法定节假日, 调休), and those that a city adds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chinese_calendar import constants
from msgspec import Struct

from streams.city.table import Register, Table, is_date

LAST_YEAR = max(day.year for day in constants.holidays)  # the State Council announces each year in the autumn before it
_SATURDAY = 5
_STATUTORY: dict[str, str] = {holiday.value: holiday.chinese for holiday in constants.Holiday}


class Calendar(Struct, frozen=True):
    """Which days are working days; up to `LAST_YEAR` by statute, later by weekends; the city's own days always."""

    off: frozenset[date]
    on: frozenset[date]  # working days although at a weekend
    names: Mapping[date, str] = {}  # what the city calls its own days

    def is_workday(self, day: date) -> bool:
        """Whether offices work on that day."""
        return day in self.on or (day.weekday() < _SATURDAY and day not in self.off)

    def name_of(self, day: date) -> str:
        """What makes the day one without work, or one of work at a weekend: 国庆节, 周末, 调休; "" for a plain day."""
        if day in self.names:
            return self.names[day]
        if self.is_workday(day):
            return "调休" if day.weekday() >= _SATURDAY else ""
        return _STATUTORY.get(constants.holidays.get(day, ""), "周末")


def read_calendar(table: Table) -> Calendar:
    """The statutory calendar with the rows of holidays.csv (date, kind: holiday or workday, name) laid over it."""
    off, on = set(constants.holidays), set(constants.workdays)
    names: dict[date, str] = {}
    register = Register(table, "")
    for line, (day_text, kind, name) in table.rows(("date", "kind", "name")):
        if not is_date(day_text):
            table.fault(line, "date", f"{day_text!r} is no date", "write it as 2026-01-31")
        elif kind not in ("holiday", "workday"):
            table.fault(line, "kind", f"kind {kind!r} is unknown", "write holiday or workday")
        elif register.admit(line, day_text, "", "", "date"):
            day = date.fromisoformat(day_text)
            names[day] = name
            (off if kind == "holiday" else on).add(day)
            (on if kind == "holiday" else off).discard(day)
    return Calendar(frozenset(off), frozenset(on), names)
