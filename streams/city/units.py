"""units.csv: who acts, for which matters and where; workers.csv: which grids have which workers."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import cast, get_args
from urllib.parse import urlsplit

from streams.city.cells import coordinates, listed
from streams.city.city import Head
from streams.city.faults import suggest
from streams.city.table import Register, Table
from streams.core.area import Area
from streams.core.unit import Kind, Unit

COLUMNS = ("code", "name", "kind", "sector", "territory")
OPTIONAL = ("hours", "parent", "channel", "lon", "lat", "endpoint", "valid_from", "valid_to")
KINDS: tuple[str, ...] = get_args(Kind)
_HOURS = ("24h", "work")
_CHANNELS = ("12345", "110", "grid")


def read_units(table: Table, head: Head, areas: Mapping[str, Area]) -> dict[str, Unit]:
    """Units in force, by code."""
    units: dict[str, Unit] = {}
    register = Register(table, head.day)
    for line, cells in table.rows(COLUMNS, OPTIONAL):
        code, name, kind, sector, territory, hours, parent, channel, lon, lat, endpoint, valid_from, valid_to = cells
        if not register.admit(line, code, valid_from, valid_to):
            continue
        _one_of(table, line, "kind", kind, KINDS)
        _one_of(table, line, "hours", hours or "24h", _HOURS)
        _one_of(table, line, "channel", channel or "12345", _CHANNELS)
        if not name.strip() or not sector.strip():
            table.fault(line, "sector" if name.strip() else "name", f"unit {code} needs a name and a sector")
        territory, *also = _territories(table, line, territory, areas)
        if endpoint and not _is_url(endpoint):
            table.fault(line, "endpoint", f"{endpoint!r} is no address", "write https://HOST/PATH, without a password")
        point = coordinates(table, line, lon, lat, head.bounds)
        units[code] = Unit(
            code, name, cast("Kind", intern(kind)), intern(sector), territory, intern(hours or "24h"), parent,
            *point, intern(channel or "12345"), tuple(also), endpoint,
        )  # fmt: skip
    _check_parents(table, units, register.lines)
    if not any(unit.kind == "command" and unit.territory == head.code for unit in units.values()):
        message = f"no unit of kind command covers the city ({head.code}): a matter could be left without an owner"
        table.fault(1, "", message, "add the command centre (社会治理指挥中心)")
    return units


def _is_url(text: str) -> bool:
    """Whether orders can be pushed there: secrets stand in files of their own, never in the city folder."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        return False


def _territories(table: Table, line: int, cell: str, areas: Mapping[str, Area]) -> list[str]:
    """The areas of a unit, the first one first; a fault for each that the city does not have."""
    codes = [intern(code) for code in listed(cell)] or [cell]
    for code in codes:
        if code not in areas:
            table.fault(line, "territory", f"area {code!r} is unknown", suggest(code, areas), inside=cell.index(code))
    return codes


def _one_of(table: Table, line: int, column: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        hint = suggest(value, allowed) or "one of " + ", ".join(allowed)
        table.fault(line, column, f"{column} {value!r} is unknown", hint)


def _check_parents(table: Table, units: Mapping[str, Unit], lines: Mapping[str, int]) -> None:
    """Every parent exists, and following the parents ends."""
    ending: set[str] = set()  # units from which the way up is known to end
    for unit in units.values():
        if table.full:
            return
        if unit.parent and unit.parent not in units:
            hint = suggest(unit.parent, units)
            table.fault(lines[unit.code], "parent", f"unit {unit.parent!r} is unknown", hint)
        way = [unit.code]
        while (above := units[way[-1]].parent) in units and above not in ending and above not in way:
            way.append(above)
        if above in way and above not in ending:
            circle = " → ".join([*way[way.index(above) :], above])
            table.fault(lines[above], "parent", f"units are above each other in a circle: {circle}", "leave one empty")
        ending.update(way)


def read_workers(table: Table, head: Head, areas: Mapping[str, Area]) -> dict[str, str]:
    """Grid code by worker's id. Ids are opaque: names and phone numbers have no place in a city folder."""
    workers: dict[str, str] = {}
    register = Register(table, head.day)
    for line, (worker, grid, valid_from, valid_to) in table.rows(("worker", "grid"), ("valid_from", "valid_to")):
        if register.admit(line, worker, valid_from, valid_to, "worker"):
            if grid not in areas:
                table.fault(line, "grid", f"area {grid!r} is unknown", suggest(grid, areas))
            workers[worker] = intern(grid)
    return workers
