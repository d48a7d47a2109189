"""Areas in five levels: city, county, township, village, grid; micro-grids below some of them.

Codes are prefixes of one another, shaped after the statistical division codes: a city has 4 significant digits, a
county 6, a township 9, a village or community 12, each padded to 12 with zeros; a grid adds 3 digits (15), a micro-grid
2 more (17).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["city", "county", "township", "village", "grid", "micro"]
LEVELS: tuple[Level, ...] = ("city", "county", "township", "village", "grid", "micro")
_DIGITS: dict[Level, int] = {"city": 4, "county": 6, "township": 9, "village": 12, "grid": 15, "micro": 17}


class Area(Struct, frozen=True, gc=False):
    """One area of a city."""

    code: str
    name: str
    level: Level
    parent: str  # code of the area above, "" for the city
    lon: float | None = None  # centre, WGS84 degrees
    lat: float | None = None
    aliases: tuple[str, ...] = ()  # other names, and names of roads and estates that lie in it
    population: int = 0
    outline: tuple[tuple[float, float], ...] = ()  # corners (longitude, latitude) in order, where the city gives them


def level_of(code: str) -> Level:
    """Level of an area code, by its length and trailing zeros. Raises ValueError on a code of no level."""
    if len(code) == 17:
        return "micro"
    if len(code) == 15:
        return "grid"
    if len(code) != 12 or not code.isdigit():
        raise ValueError(f"{code!r} is no area code: 12 digits, 15 for a grid, 17 for a micro-grid")
    if code[9:] != "000":
        return "village"
    if code[6:9] != "000":
        return "township"
    return "county" if code[4:6] != "00" else "city"


def significant(code: str) -> str:
    """The digits that are not padding: one area lies in another if its digits begin with the other's."""
    return code[: _DIGITS[level_of(code)]]


def ancestor(code: str, level: Level) -> str:
    """Code of the area of `level` that holds `code` (itself if it is of that level); only widens, never deepens."""
    digits = _DIGITS[level]
    return code[:digits] if digits > 12 else code[:digits].ljust(12, "0")


def lineage(code: str) -> tuple[str, ...]:
    """The area and all areas above it, deepest first."""
    depth = LEVELS.index(level_of(code))
    return tuple(ancestor(code, level) for level in reversed(LEVELS[: depth + 1]))
