"""`sanwang warnings` and `sanwang zeros`: what stands, what was, and warnings as CAP 1.2 messages for other systems."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from streams.config import ClickHouse
from streams.core.area import Area, level_of
from streams.core.cap import Source, cap_message
from streams.core.warnings import Colour, ColourWarning, Sight
from streams.errors import SanwangError
from streams.warehouse.asking import Asking
from streams.warehouse.select import select

_STANDING = """
SELECT transform(colour, [1, 2, 3, 4], ['蓝', '黄', '橙', '红'], '') AS colour_name, subject, place, place_name,
       kind_name, counted, round(expected, 2) AS usual, raised_at, at
FROM sanwang.standing_warnings
"""
_HISTORY = """
SELECT at, change, transform(colour, [1, 2, 3, 4], ['蓝', '黄', '橙', '红'], '') AS colour_name, subject, place, kind,
       counted, round(expected, 2) AS usual, warning_id, revision
FROM sanwang.warnings FINAL
ORDER BY at DESC, warning_id
LIMIT 1000
"""
_CHANGES = """
SELECT warning_id, revision, change, subject, place, kind, colour, counted, expected, raised_at, at
FROM sanwang.warnings FINAL
WHERE at >= fromUnixTimestamp64Milli({since:Int64}) OR warning_id IN
    (SELECT warning_id FROM sanwang.warnings WHERE at >= fromUnixTimestamp64Milli({since:Int64}))
ORDER BY warning_id, revision
"""
_ZEROS = """
SELECT zero, days, longest, breaches, last_breach, name
FROM sanwang.calm_days
WHERE code = '{code}'
ORDER BY zero
"""
_BREACHES = """
SELECT day, zero, incident_id
FROM sanwang.{view}
WHERE {column} = '{code}'
ORDER BY day DESC, zero, incident_id
LIMIT 100
"""


def warnings_table(settings: ClickHouse, *, history: bool, output_format: str) -> bytes:
    """Warnings that stand, the most serious first, or the latest changes, in one of ClickHouse's formats."""
    return select(settings, _HISTORY if history else _STANDING, output_format)


def zeros_table(settings: ClickHouse, code: str, output_format: str) -> bytes:
    """The ledger of the three zeros of a village or unit: its standing, then its history.

    Raises SanwangError for a code that is neither.
    """
    warehouse = Asking(settings)
    known = warehouse.query("SELECT DISTINCT whose FROM sanwang.calm_days WHERE code = {code:String}", {"code": code})
    if not known:
        raise SanwangError(f"{code!r} is no village (12 digits) and no unit of the city")
    view, column = ("breaches", "village") if known[0][0] == "village" else ("unit_breaches", "unit")
    standing = select(settings, _ZEROS.format(code=code), output_format)
    return standing + select(settings, _BREACHES.format(view=view, column=column, code=code), output_format)


def write_cap(settings: ClickHouse, folder: Path, source: Source, since: int) -> int:
    """Write a CAP 1.2 message for each change since `since` (ms UTC), a file each; how many.

    The same change always gets the same file. Raises SanwangError for a sender that CAP forbids, OSError as the folder
    does, and as the warehouse does.
    """
    warehouse = Asking(settings)
    names = _Names(warehouse)
    lives: dict[str, list[ColourWarning]] = defaultdict(list)
    for row in warehouse.query(_CHANGES, {"since": since}):
        lives[row[0]].append(_warning(row))
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for life in lives.values():
        for place, warning in enumerate(life):
            if warning.sight.at >= since:
                area, subject = names.area(warning.sight.place), names.subject(warning)
                message = cap_message(warning, area, subject, source, life[:place])
                folder.joinpath(_file_of(warning)).write_bytes(message)
                written += 1
    return written


class _Names:
    """What people call places, units and kinds."""

    def __init__(self, warehouse: Asking) -> None:
        areas = warehouse.query("SELECT code, name, parent, lon, lat FROM sanwang.areas FINAL")
        self._areas = {c: Area(c, name, level_of(c), parent, lon, lat) for c, name, parent, lon, lat in areas}
        units = warehouse.query("SELECT code, name, territory FROM sanwang.units FINAL")
        self._units: Mapping[str, tuple[str, str]] = {code: (name, territory) for code, name, territory in units}
        items = warehouse.query("SELECT code, name, class_code, class_name FROM sanwang.items FINAL")
        self._kinds = {code: name for *_, code, name in items} | {code: name for code, name, *_ in items}
        self._kinds |= {"hotline": "12345", "police": "110", "grid": "网格", "allclears": "平安报"}

    def area(self, place: str) -> Area:
        """Where it is: the area, or the first that a unit is there for."""
        code = place if place in self._areas else self._units.get(place, ("", ""))[1].split("|")[0]
        found = self._areas.get(code)
        return found or Area(place, place, "city", "")

    def subject(self, warning: ColourWarning) -> str:
        """Of what: the kind, or the unit."""
        sight = warning.sight
        return self._units[sight.place][0] if sight.place in self._units else self._kinds.get(sight.kind, sight.kind)


def _warning(row: tuple[Any, ...]) -> ColourWarning:
    name, revision, change, subject, place, kind, colour, counted, expected, raised_at, at = row
    shade = Colour(colour)
    sight = Sight(subject, place, kind, _ms(at), shade, counted, expected)
    return ColourWarning(name, revision, change, shade, sight, _ms(raised_at))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _file_of(warning: ColourWarning) -> str:
    return re.sub(r"[^\w.-]+", "-", f"{warning.warning_id}.{warning.revision}.xml")
