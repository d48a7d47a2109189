"""areas.csv: the areas of a city, from the city itself down to micro-grids."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern

from streams.city.cells import coordinates, listed, number, outline
from streams.city.city import Head
from streams.city.table import Register, Table
from streams.core.area import LEVELS, Area, Level, ancestor, level_of

COLUMNS = ("code", "name")
OPTIONAL = ("level", "parent", "lon", "lat", "aliases", "population", "valid_from", "valid_to", "outline")
_ABOVE: dict[Level, Level] = dict(zip(LEVELS[1:], LEVELS, strict=False))


def read_areas(table: Table, head: Head) -> dict[str, Area]:
    """Areas in force, by code. The code says level and parent; columns level and parent, if there, must agree."""
    areas: dict[str, Area] = {}
    register = Register(table, head.day)
    for line, cells in table.rows(COLUMNS, OPTIONAL):
        code, name, level_text, parent_text, lon, lat, aliases, population, valid_from, valid_to, corners = cells
        if not register.admit(line, code, valid_from, valid_to):
            continue
        level = _level(table, line, code)
        if level is None:
            continue
        parent = ancestor(code, _ABOVE[level]) if level != "city" else ""
        if level_text or parent_text:
            _check_said(table, line, (level_text, parent_text), (level, parent))
        if not name.strip():
            table.fault(line, "name", f"area {code} has no name")
        point = coordinates(table, line, lon, lat, head.bounds)
        people = number(table, line, "population", population)
        shape = outline(table, line, corners, head.bounds)
        areas[code] = Area(code, name, level, intern(parent), *point, listed(aliases), people, shape)
    _check_parents(table, areas, register.lines, head)
    return areas


def _level(table: Table, line: int, code: str) -> Level | None:
    try:
        if code.isascii() and code.isdigit():
            return level_of(code)
    except ValueError:
        pass
    table.fault(line, "code", f"{code!r} is no area code", "12 digits, 15 for a grid, 17 for a micro-grid")
    return None


def _check_said(table: Table, line: int, said: tuple[str, str], meant: tuple[str, str]) -> None:
    for column, wrote, right in zip(("level", "parent"), said, meant, strict=True):
        if wrote and wrote != right:
            table.fault(line, column, f"{column} {wrote!r} does not agree with the code", f"write {right!r} or nothing")


def _check_parents(table: Table, areas: Mapping[str, Area], lines: Mapping[str, int], head: Head) -> None:
    if head.code not in areas:
        table.fault(1, "", f"the city itself is missing: no row {head.code}", f"add a row {head.code},{head.name}")
    for area in areas.values():
        if area.level == "city":
            if area.code != head.code:
                table.fault(lines[area.code], "code", f"a second city: city.toml says {head.code}")
        elif area.parent not in areas:
            message = f"area {area.code} has no parent: no row {area.parent} in force"
            table.fault(lines[area.code], "code", message, f"add a row for {area.parent}")
