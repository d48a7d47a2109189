"""The names behind the codes, kept in memory: to join them in every query would cost more than the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from streams.core.area import LEVELS, Level, ancestor, level_of, lineage, significant
from streams.warehouse.remote import RemoteWarehouse

_AREAS = "SELECT code, name, level, parent, lon, lat FROM sanwang.areas FINAL WHERE level != 'micro' ORDER BY code"
_UNITS = "SELECT code, name, territory FROM sanwang.units FINAL ORDER BY code"
_ITEMS = "SELECT code, name, class_name FROM sanwang.items FINAL ORDER BY code"


class Place(Struct, frozen=True):
    """One area, micro-grids left out."""

    code: str
    name: str
    level: Level
    parent: str
    lon: float | None
    lat: float | None


class Names(Struct, frozen=True):
    """Areas, units and items of the city by code."""

    areas: Mapping[str, Place]
    units: Mapping[str, tuple[str, str]]  # name, code of the territory
    items: Mapping[str, tuple[str, str]]  # name, name of the class
    below: Mapping[str, Sequence[Place]]  # areas by the code of the area above

    @property
    def city(self) -> str:
        """Code of the city itself, "" while no city was loaded."""
        return next((place.code for place in self.areas.values() if place.level == "city"), "")

    def area(self, code: str) -> str:
        """Name of an area; a micro-grid is told by its grid and number, an unknown code by itself."""
        if place := self.areas.get(code):
            return place.name
        grid = self.areas.get(code[:15])
        return f"{grid.name}-{code[15:]}" if grid and len(code) > 15 else code

    def unit(self, code: str) -> str:
        """Name of a unit, else its code."""
        return self.units[code][0] if code in self.units else code

    def item(self, code: str) -> str:
        """Name of an item, else its code."""
        return self.items[code][0] if code in self.items else code

    def path(self, code: str) -> list[Place]:
        """The area and those above it, the city first; unknown ones are left out."""
        return [self.areas[one] for one in reversed(lineage(code)) if one in self.areas]


def read_names(warehouse: RemoteWarehouse) -> Names:
    """All names. Raises as the warehouse does."""
    places = [Place(*row) for row in warehouse.query(_AREAS)]
    below: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        below[place.parent].append(place)
    return Names(
        {place.code: place for place in places},
        {code: (name, territory) for code, name, territory in warehouse.query(_UNITS)},
        {code: (name, kind) for code, name, kind in warehouse.query(_ITEMS)},
        dict(below),
    )


def digits_of(code: str, names: Names) -> str:
    """The digits that all areas in `code` begin with; "" for the city, whose reports may lie nowhere at all."""
    return "" if code == names.city else significant(code)


def next_level(code: str) -> Level:
    """The level below an area's; grids have micro-grids below them."""
    return LEVELS[min(LEVELS.index(level_of(code)) + 1, len(LEVELS) - 1)]


def part_of(area: str, level: Level) -> str:
    """The area of `level` that `area` lies in, or itself where it is wider; "" for what is no area code."""
    try:
        return ancestor(area, level) if LEVELS.index(level_of(area)) >= LEVELS.index(level) else area
    except ValueError:
        return ""
