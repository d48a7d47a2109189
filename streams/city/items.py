"""catalogue.csv and codes/*.csv: what may be reported, and how each feed's own codes are mapped to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from streams.city.cells import listed, number
from streams.city.city import Head
from streams.city.faults import suggest
from streams.city.table import Register, Row, Table
from streams.core.catalogue import OTHER, Item
from streams.core.deadline import DeadlineError, parse_limit
from streams.core.directory import Directory
from streams.core.event import FEEDS
from streams.core.unit import Unit
from streams.core.words import WordError, read_word
from streams.errors import FileFault

COLUMNS = ("code", "name", "class_code", "class_name", "domain", "lead", "assist", "level", "limit", "limit_source",
           "channel", "self_handle", "window", "distance_m", "life_safety", "words")  # fmt: skip
_DATES = ("valid_from", "valid_to")
_OPTIONAL = (*_DATES, "admitted_by")
_WINDOW = re.compile(r"([1-9][0-9]{0,3})([mhd])", re.ASCII)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
_CHOICES = {
    "level": ("1", "2", "3", "4"),
    "channel": ("110", "12345", "grid"),
    "self_handle": ("Y", "N"),
    "life_safety": ("Y", "N"),
}


def read_items(table: Table, head: Head, units: Mapping[str, Unit]) -> dict[str, Item]:
    """Items by code: of each the row in force, or else its latest row, since older reports keep their item."""
    items: dict[str, Item] = {}
    register = Register(table, head.day)
    owners = _Owners(table, units)
    current: set[str] = set()
    for row in table.rows(COLUMNS, _OPTIONAL):
        line, cells = row
        code, (valid_from, valid_to, _) = cells[0], cells[-3:]
        before = register.lines.get(code)
        in_force = register.admit(line, code, valid_from, valid_to)
        if register.lines.get(code) == before:
            continue  # refused
        if in_force or code not in current:
            item = _item(table, row)
            items[code] = item if in_force else replace(item, words=())  # no new report is about it
        if in_force:
            current.add(code)
            owners.check(line, items[code])
    if OTHER not in items:
        table.fault(1, "", f"item {OTHER} (其他) is missing: reports that fit nothing need an owner")
    return items


def _item(table: Table, row: Row) -> Item:
    line, cells = row
    value = dict(zip((*COLUMNS, *_OPTIONAL), cells, strict=True))
    _check(table, line, value)
    return Item(
        code=value["code"],
        name=value["name"],
        class_code=value["class_code"],
        class_name=value["class_name"],
        domain=value["domain"],
        lead=value["lead"],
        assist=listed(value["assist"]),
        level=number(table, line, "level", value["level"], 4),
        limit=value["limit"],
        limit_source=value["limit_source"],
        channel=value["channel"],
        self_handle=value["self_handle"] == "Y",
        window_s=_window(table, line, value["window"]),
        distance_m=number(table, line, "distance_m", value["distance_m"]),
        life_safety=value["life_safety"] == "Y",
        words=listed(value["words"]),
        valid_from=value["valid_from"],
        valid_to=value["valid_to"],
        admitted_by=value["admitted_by"],
    )


def _check(table: Table, line: int, value: Mapping[str, str]) -> None:
    code = value["code"]
    if not (code.isascii() and code.isdigit() and len(code) == 5):
        table.fault(line, "code", f"{code!r} is no item code", "five digits, the first two are the class")
    elif value["class_code"] != code[:2]:
        message = f"class {value['class_code']!r} does not agree with {code}"
        table.fault(line, "class_code", message, f"write {code[:2]}")
    for column in ("name", "class_name", "domain", "lead"):
        if not value[column].strip():
            table.fault(line, column, f"item {code} has no {column}")
    if value["admitted_by"] and not value["valid_to"]:
        table.fault(line, "valid_to", f"item {code} is admitted for a time: it needs an end", "write it as 2026-01-31")
    for column, allowed in _CHOICES.items():
        if value[column] not in allowed:
            table.fault(line, column, f"{column} {value[column]!r} is unknown", "one of " + ", ".join(allowed))
    _check_written(table, line, value)


def _check_written(table: Table, line: int, value: Mapping[str, str]) -> None:
    """The cells that are written in a language of their own: the time limit and the words."""
    try:
        parse_limit(value["limit"])
    except DeadlineError as error:
        table.fault(line, "limit", str(error))
    begin = 0
    for word in value["words"].split("|") if value["words"] else ():
        try:
            read_word(word.strip())
        except WordError as error:
            table.fault(line, "words", str(error), inside=begin)
        begin += len(word) + 1


def _window(table: Table, line: int, cell: str) -> int:
    """Seconds of a matching window as 30m, 4h, 7d."""
    found = _WINDOW.fullmatch(cell)
    if found is None:
        table.fault(line, "window", f"{cell!r} is no matching window", "a number and m, h or d: 30m, 4h, 7d")
        return 0
    return int(found[1]) * _SECONDS[found[2]]


class _Owners:
    """Says whether a sector has a unit; asks as the router will."""

    def __init__(self, table: Table, units: Mapping[str, Unit]) -> None:
        self._table = table
        self._directory = Directory(units.values())
        self._sectors = sorted({unit.sector for unit in units.values()})

    def check(self, line: int, item: Item) -> None:
        """Collect a fault if no unit can lead the item."""
        if item.lead and not self._directory.knows(item.lead):
            message = f"item {item.code} has no owner: no unit has the sector {item.lead!r}"
            self._table.fault(line, "lead", message, suggest(item.lead, self._sectors) or "add a unit to units.csv")


def unowned_assists(items: Mapping[str, Item], units: Mapping[str, Unit]) -> list[str]:
    """Sectors that shall assist but have no unit: no fault, since whoever leads calls them in, but worth a note."""
    directory = Directory(units.values())
    named = {sector for item in items.values() for sector in item.assist}
    return sorted(sector for sector in named if not directory.knows(sector))


def read_codes(
    folder: Path, head: Head, items: Mapping[str, Item], faults: list[FileFault]
) -> dict[str, dict[str, str]]:
    """For each feed, item code by the feed's own code."""
    return {feed: _read_feed(Table(folder, f"codes/{feed}.csv", faults), head, items) for feed in FEEDS}


def _read_feed(table: Table, head: Head, items: Mapping[str, Item]) -> dict[str, str]:
    codes: dict[str, str] = {}
    register = Register(table, head.day)
    for line, (code, item, _note, valid_from, valid_to) in table.rows(("code", "item"), ("note", *_DATES)):
        if register.admit(line, code, valid_from, valid_to):
            if item not in items:
                table.fault(line, "item", f"item {item!r} is unknown", suggest(item, items))
            codes[code] = item
    return codes
