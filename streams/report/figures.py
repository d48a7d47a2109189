"""The figures of a report, from ClickHouse: each defined once, in one statement, for the whole and for every part.

Orders are counted in the period of their issue, reports in that of their receipt. Shares have their own ground: what
was never asked is neither solved nor unsolved. A share of nothing is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from streams.core.area import significant
from streams.report.period import Period
from streams.warehouse.port import Warehouse

Part = Literal["unit", "county", "class", "feed"]
PARTS: tuple[Part, ...] = ("unit", "county", "class", "feed")
Number = int | float | None

#: Figure -> expression over `order_facts`. Shares are from 0 to 1, times are in minutes.
ORDER_FIGURES: Mapping[str, str] = {
    "orders": "count()",
    "responded": "countIf(accepted_at IS NOT NULL) / count()",
    "on_time": "countIf(on_time = 1) / nullIf(countIf(handled_at IS NOT NULL), 0)",
    "callers_reached": "countIf(reached AND handled_at IS NOT NULL) / nullIf(countIf(handled_at IS NOT NULL), 0)",
    "solved": "countIf(solved = 1) / nullIf(countIf(solved IS NOT NULL), 0)",
    "satisfied": "countIf(satisfied = 1) / nullIf(countIf(satisfied IS NOT NULL), 0)",
    "returned": "countIf(returned) / count()",
    "reworked": "countIf(reworks > 0) / count()",
    "to_order_p50": "quantileExactInclusive(0.5)(age('ms', received_at, issued_at)) / 60000",
    "to_order_p90": "quantileExactInclusive(0.9)(age('ms', received_at, issued_at)) / 60000",
    "to_arrival_p50": "quantileExactInclusive(0.5)(age('ms', received_at, arrived_at)) / 60000",
    "to_arrival_p90": "quantileExactInclusive(0.9)(age('ms', received_at, arrived_at)) / 60000",
    "to_result_p50": "quantileExactInclusive(0.5)(age('ms', received_at, handled_at)) / 60000",
    "to_result_p90": "quantileExactInclusive(0.9)(age('ms', received_at, handled_at)) / 60000",
}
#: Figure -> expression over `events`, without records that were delivered again.
REPORT_FIGURES: Mapping[str, str] = {
    "reports": "count()",
    "repeated": "countIf(repeat) / nullIf(count(), 0)",
    "self_handled": "countIf(feed = 'grid' AND self_handled) / nullIf(countIf(feed = 'grid'), 0)",
}
SHARES = frozenset({"responded", "on_time", "callers_reached", "solved", "satisfied", "returned", "reworked",
                    "repeated", "self_handled"})  # fmt: skip
_PARTS: Mapping[Part, tuple[str, str, str]] = {  # key, table of names, column of the name
    "unit": ("unit", "units", "name"), "county": ("county", "areas", "name"),
    "class": ("substring(item, 1, 2)", "items", "class_name"), "feed": ("feed", "", ""),
}  # fmt: skip
_SPAN = "{at} >= fromUnixTimestamp64Milli({{begin:Int64}}) AND {at} < fromUnixTimestamp64Milli({{end:Int64}})"
_HERE = "startsWith(area, {area:String})"
#: Looked at from the latest incident of the period: how many in the 30 days up to it.
_RECURRING = """
SELECT areas.name, items.name, incidents, found.area, found.item FROM
(
    SELECT area, item, groupArray(opened_at) AS times, arrayMax(times) AS latest_at,
           arrayCount(t -> t > latest_at - INTERVAL 30 DAY, times) AS incidents
    FROM sanwang.incidents FINAL
    WHERE opened_at < fromUnixTimestamp64Milli({end:Int64}) AND startsWith(area, {area:String})
    GROUP BY area, item
    HAVING incidents >= 3 AND latest_at >= fromUnixTimestamp64Milli({begin:Int64})
) AS found
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = found.area
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = found.item
ORDER BY incidents DESC, found.area, found.item LIMIT 20
"""


class Line(Struct, frozen=True):
    """The figures of one part: its code, its name, a value for each of `ORDER_FIGURES`."""

    code: str
    name: str
    figures: Mapping[str, Number]


class Recurring(Struct, frozen=True):
    """A matter that came up three times or more in 30 days at one place."""

    area_name: str
    item_name: str
    incidents: int
    area: str  # code
    item: str  # code


class Report(Struct, frozen=True):
    """All that a report says."""

    period: Period
    area: str  # code of the area that it is about, "" for the whole city
    whole: Mapping[str, Number]
    before: Mapping[str, Number]  # of the period before
    parts: Mapping[Part, Sequence[Line]]  # ranked: most orders first
    recurring: Sequence[Recurring]


def make_report(warehouse: Warehouse, period: Period, area: str = "") -> Report:
    """Ask for everything. Raises ValueError on an area code of no level, and as the warehouse does."""
    digits = significant(area) if area else ""
    recurring = [Recurring(*row) for row in warehouse.query(_RECURRING, _params(period, digits))]
    parts = {part: _lines(warehouse, part, period, digits) for part in PARTS}
    whole, before = (_whole(warehouse, each, digits) for each in (period, period.before))
    return Report(period, area, whole, before, parts, recurring)


def _whole(warehouse: Warehouse, period: Period, digits: str) -> dict[str, Number]:
    found: dict[str, Number] = {}
    params = _params(period, digits)
    for figures, table, at, more in (
        (REPORT_FIGURES, "events FINAL", "if(replayed, occurred_at, received_at)", " AND outcome != 'redelivered'"),
        (ORDER_FIGURES, "order_facts", "issued_at", ""),
    ):
        sql = f"SELECT {', '.join(figures.values())} FROM sanwang.{table} WHERE {_SPAN.format(at=at)} AND {_HERE}{more}"  # noqa: S608
        [row] = warehouse.query(sql, params)
        found.update(zip(figures, map(_number, row), strict=True))
    return found


def _lines(warehouse: Warehouse, part: Part, period: Period, digits: str) -> list[Line]:
    key, table, column = _PARTS[part]
    sql = (
        f"SELECT {key} AS key, {', '.join(ORDER_FIGURES.values())} FROM sanwang.order_facts "  # noqa: S608
        f"WHERE {_SPAN.format(at='issued_at')} AND {_HERE} GROUP BY key ORDER BY count() DESC, key"
    )
    names: dict[str, str] = {}
    if table:
        code = "class_code" if part == "class" else "code"
        names = dict(warehouse.query(f"SELECT DISTINCT {code}, {column} FROM sanwang.{table} FINAL"))  # noqa: S608
    return [
        Line(row[0], names.get(row[0], row[0]), dict(zip(ORDER_FIGURES, map(_number, row[1:]), strict=True)))
        for row in warehouse.query(sql, _params(period, digits))
    ]


def _params(period: Period, digits: str) -> dict[str, str | int]:
    begin, end = period.span_ms
    return {"begin": begin, "end": end, "area": digits}


def _number(value: object) -> Number:
    """A number, or None for the share or median of nothing (which the engine may call not-a-number)."""
    if not isinstance(value, int | float):
        return None
    return None if value != value else value  # only not-a-number differs from itself
