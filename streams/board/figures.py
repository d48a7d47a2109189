"""The two sets of live figures of an area: the pulse (what comes in now) and the state (what is open)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from streams.board import statements
from streams.board.names import Names, digits_of, next_level, part_of
from streams.core.area import Level, significant
from streams.core.event import FEEDS
from streams.warehouse.remote import RemoteWarehouse

Row = Mapping[str, Any]
MOST_UNITS, MOST_WARNINGS = 7, 6


class Pulse(Struct, frozen=True):
    """What came in during the last hour, and how fast it became orders."""

    taken_at: float  # seconds UTC
    minutes: Sequence[int]  # beginning of each, seconds UTC; the last is not over yet
    rate: Mapping[str, int]  # reports by feed in the last sixty seconds
    flow: Mapping[str, Sequence[int]]  # reports by feed, one for each minute
    linked: int
    feeds: Mapping[str, Row]  # heard_at, latest
    latency: Mapping[str, Row]  # orders, p50, p99 in ms; "" is all feeds
    newest: Sequence[Row]

    @property
    def reports(self) -> int:
        """Reports of the hour."""
        return sum(map(sum, self.flow.values()))

    @property
    def duplicate_share(self) -> float:
        """Share of the hour's reports that told of a known matter, 0 to 1."""
        return self.linked / self.reports if self.reports else 0.0

    def curve(self, feed: str) -> list[int]:
        """A feed's reports a minute; for the minute that is not over the last sixty seconds stand."""
        return [*self.flow[feed][:-1], self.rate[feed]]


class Part(Struct, frozen=True):
    """One cell of the map; what is known of a wider area only stands under that."""

    code: str
    open: int
    danger: int  # of them with danger to life
    overdue: int  # orders
    colour: int  # 0 none, 1 blue, 2 yellow, 3 orange, 4 red: the worst that stands in it


class State(Struct, frozen=True):
    """What is open in an area."""

    taken_at: float
    area: str
    open: int
    danger: int
    open_orders: int
    overdue: int
    soon: int
    stuck: int
    parts: Mapping[str, Part]  # by area code
    units: Sequence[Row]  # unit, open, overdue, soon: most overdue first
    hottest: Sequence[Row]
    warnings: Sequence[Row]  # the worst
    colours: Mapping[int, int]  # standing warnings by colour


    def within(self, region: str, cell: str) -> Part:
        """A cell's part; the region's own colour covers its cells."""
        part = self.parts.get(cell, NO_PART)
        own = self.parts.get(region, NO_PART)
        return part if part.colour >= own.colour else structs.replace(part, colour=own.colour)

    def together(self, region: str, cells: Iterable[str]) -> Part:
        """What a region's cells hold together, with what is known of the region only."""
        parts = [self.parts.get(code, NO_PART) for code in {region, *cells}]
        return Part(
            region, sum(p.open for p in parts), sum(p.danger for p in parts), sum(p.overdue for p in parts),
            max(p.colour for p in parts),
        )  # fmt: skip


NO_PART = Part("", 0, 0, 0, 0)


def ask_pulse(warehouse: RemoteWarehouse, names: Names, area: str) -> Pulse:
    """Ask for the pulse of an area. Raises as the warehouse does."""
    here, now = {"area": digits_of(area, names)}, time.time()
    last = int(now) // 60 * 60
    minutes = range(last - 60 * (statements.MINUTES - 1), last + 1, 60)
    flow: dict[str, list[int]] = {feed: [0] * len(minutes) for feed in FEEDS}
    linked = 0
    rate: dict[str, int] = dict.fromkeys(FEEDS, 0)
    for row in warehouse.rows(statements.FLOW, here):
        at = (int(row["minute"]) - minutes[0]) // 60
        if 0 <= at < len(minutes):
            flow[row["feed"]][at] = row["reports"]
            linked += row["linked"]
            rate[row["feed"]] += row["newest"]
    feeds = {row["feed"]: row for row in warehouse.rows(statements.FEEDS, here)}
    latency = {row["feed"]: row for row in warehouse.rows(statements.LATENCY, here)}
    return Pulse(now, minutes, rate, flow, linked, feeds, latency, warehouse.rows(statements.NEWEST, here))


def ask_state(warehouse: RemoteWarehouse, names: Names, area: str) -> State:
    """Ask for the state of an area. Raises as the warehouse does."""
    here, level = {"area": digits_of(area, names)}, map_level(area, names)
    incidents = warehouse.rows(statements.OPEN_INCIDENTS, here)
    orders = warehouse.rows(statements.OPEN_ORDERS, here)
    units = [row for row in orders if row["unit"]]
    standing = _warnings_in(warehouse.rows(statements.WARNINGS), names, area)
    return State(
        taken_at=time.time(), area=area,
        open=sum(row["open"] for row in incidents), danger=sum(row["danger"] for row in incidents),
        open_orders=sum(row["open"] for row in units), overdue=sum(row["overdue"] for row in units),
        soon=sum(row["soon"] for row in units), stuck=warehouse.rows(statements.STUCK, here)[0]["stuck"],
        parts=_parts(level, names, incidents, [row for row in orders if not row["unit"]], standing),
        units=sorted(units, key=lambda row: (-row["overdue"], -row["open"], row["unit"]))[:MOST_UNITS],
        hottest=warehouse.rows(statements.HOTTEST, here), warnings=standing[:MOST_WARNINGS],
        colours=Counter(int(row["shade"]) for row in standing),
    )  # fmt: skip


def map_level(area: str, names: Names) -> Level:
    """The level of the map's cells: of a city the townships, else the level below."""
    return "township" if area == names.city else next_level(area)


def _parts(
    level: Level, names: Names, incidents: Sequence[Row], orders: Sequence[Row], warnings: Sequence[Row]
) -> dict[str, Part]:
    """Everything by the area below that it lies in."""
    open_, danger, overdue, colour = Counter[str](), Counter[str](), Counter[str](), dict[str, int]()
    for row in incidents:
        code = part_of(row["area"], level)
        open_[code] += row["open"]
        danger[code] += row["danger"]
    for row in orders:
        overdue[part_of(row["area"], level)] += row["overdue"]
    for row in warnings:
        if row["where"] in names.units:
            continue  # a unit's desk says nothing about the land
        code = part_of(row["place"], level)
        colour[code] = max(colour.get(code, 0), int(row["shade"]))
    codes = {*open_, *overdue, *colour}
    return {c: Part(c, open_[c], danger[c], overdue[c], colour.get(c, 0)) for c in codes}


def _warnings_in(rows: Sequence[Row], names: Names, area: str) -> list[Row]:
    """Those of the area, each with the area code that it is about: a unit's is its territory."""
    digits = digits_of(area, names)
    found: list[Row] = []
    for row in rows:
        where = row["where"]
        place = names.units[where][1] if where in names.units else where
        try:
            inside = significant(place).startswith(digits)
        except ValueError:
            continue
        if inside:
            found.append({**row, "place": place})
    return found
