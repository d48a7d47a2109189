"""A loaded city: everything that decides where a matter goes, in frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from streams.city.calendar import Calendar
from streams.core.area import Area
from streams.core.catalogue import Catalogue
from streams.core.opinion import Classes
from streams.core.rules import Rule
from streams.core.unit import Unit

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees (WGS84)


class Head(Struct, frozen=True):
    """What city.toml says."""

    name: str
    code: str  # of the area of level city
    version: str
    day: str  # ISO date: of rows with validity dates, those in force on this day count
    bounds: Bounds


class City(Struct, frozen=True):
    """A city as its folder describes it on one day."""

    name: str
    code: str
    version: str
    bounds: Bounds
    areas: Mapping[str, Area]  # by code
    units: Mapping[str, Unit]  # by code
    catalogue: Catalogue
    rules: tuple[Rule, ...]  # in order, first match wins
    calendar: Calendar
    workers: Mapping[str, str]  # grid worker's opaque id -> grid code; no names
    classes: Classes = Classes()  # who says what a text is about
    notes: tuple[str, ...] = ()  # what a reader of the city should know, for people

    def is_workday(self, day: date) -> bool:
        """Whether offices of the city work on that day."""
        return self.calendar.is_workday(day)
