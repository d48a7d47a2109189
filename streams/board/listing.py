"""The rows behind the numbers: reports, incidents, orders, hand-overs, warnings; filters come from the address.

Every filter is a fixed piece of SQL; what the address says is a value only, and the area is always there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from msgspec import Struct

from streams.board.statements import HERE, IS_OPEN, IS_OVERDUE, IS_SOON, STUCK_MINUTES

Kind = Literal["reports", "incidents", "orders", "hand-overs", "warnings"]
PAGE = 100  # rows

_DATES = frozenset({"since", "until"})  # parameters that are days in Shanghai; the second one is not counted
_LAST_MINUTES = "received_at >= now64(3) - toIntervalMinute({minutes:UInt32})"


#: Warnings that stand, each with the area that it is about: a unit's is its territory, a feed's is none.
_STANDING = """
(SELECT standing.*, if(owner.territory = '', where, owner.territory) AS area FROM
    (SELECT warning_id, any(subject) AS about, any(place) AS where, any(kind) AS item, min(raised_at) AS since,
        argMax(colour, revision) AS shade, argMax(counted, revision) AS seen
     FROM sanwang.warnings GROUP BY warning_id HAVING argMax(change, revision) != 'cancelled') AS standing
    LEFT JOIN (SELECT code, territory FROM sanwang.units FINAL) AS owner ON owner.code = standing.where
 WHERE match(area, '^[0-9]{12,17}$') AND {inside}) AS known
"""


def _days(at: str) -> Mapping[str, str]:
    """Conditions on the day of a time, as the reports of a period count it."""
    return {
        "since": f"{at} >= toDateTime({{since:String}}, 'Asia/Shanghai')",
        "until": f"{at} < toDateTime({{until:String}}, 'Asia/Shanghai')",
    }


class Listing(Struct, frozen=True):
    """One kind of rows: where they come from, their order, and which filters they know."""

    columns: str
    source: str
    order: str
    filters: Mapping[str, str]  # query parameter -> condition
    states: Mapping[str, str]  # values of `state` -> condition
    numbers: frozenset[str] = frozenset()  # parameters that are numbers


LISTINGS: Mapping[Kind, Listing] = {
    "reports": Listing(
        "received_at, feed, event_id, incident_id, item, area, outcome, ordered_ms",
        "(SELECT received_at, if(replayed, occurred_at, received_at) AS told_at, feed, event_id, incident_id, item, "
        "area, outcome FROM sanwang.events FINAL "
        "WHERE {inside}) AS told "
        "LEFT JOIN (SELECT event_id, ordered_ms FROM sanwang.latencies FINAL) AS timed USING event_id",
        "received_at DESC, event_id",
        {
            "minutes": _LAST_MINUTES, "feed": "feed = {feed:String}", "outcome": "outcome = {outcome:String}",
            "item": "startsWith(item, {item:String})", **_days("told_at"),
        },
        {}, frozenset({"minutes"}),
    ),
    "incidents": Listing(
        "opened_at, last_at, incident_id, item, area, reports, feeds, urgency, life_safety, lead, due_at, closed",
        "(SELECT * FROM sanwang.incidents FINAL WHERE {inside}) AS known", "opened_at DESC, incident_id",
        {"item": "startsWith(item, {item:String})", "unit": "lead = {unit:String}"},
        {
            "open": "NOT closed", "closed": "closed", "danger": "NOT closed AND life_safety",
            "hot": "NOT closed AND reports > 1 AND last_at >= now64(3) - INTERVAL 1 DAY",
        },
    ),
    "orders": Listing(
        "issued_at, order_id, incident_id, unit, role, item, area, stage, due_at, handled_at, "
        f"{IS_OPEN} AS is_open",
        "(SELECT * FROM sanwang.order_facts WHERE {inside}) AS facts", "due_at, order_id",
        {
            "unit": "unit = {unit:String}", "item": "startsWith(item, {item:String})", "feed": "feed = {feed:String}",
            **_days("issued_at"),
        },
        {"open": IS_OPEN, "overdue": f"{IS_OPEN} AND {IS_OVERDUE}", "soon": f"{IS_OPEN} AND {IS_SOON}"},
    ),
    "hand-overs": Listing(
        "pushed_at, incident_id, from_line, to_line, reason, acknowledged_at, item, area, lead",
        "(SELECT * FROM sanwang.hand_overs FINAL WHERE acknowledged_at IS NULL "
        f"AND pushed_at < now64(3) - INTERVAL {STUCK_MINUTES} MINUTE) AS pushed "
        "INNER JOIN (SELECT incident_id, item, area, lead FROM sanwang.incidents FINAL WHERE {inside}) AS known "
        "USING incident_id",
        "pushed_at, incident_id", {}, {},
    ),
    "warnings": Listing(
        "since, shade, about, where, item, area, seen", _STANDING, "shade DESC, since DESC, warning_id",
        {"colour": "shade = {colour:UInt8}"}, {}, frozenset({"colour"}),
    ),
}  # fmt: skip


class Asked(Struct, frozen=True):
    """What one address asks of one listing."""

    kind: Kind
    params: Mapping[str, str | int]
    conditions: tuple[str, ...]
    order: str

    @property
    def rows_sql(self) -> str:
        """The page's rows."""
        listing = LISTINGS[self.kind]
        return f"SELECT {listing.columns} FROM {self._from} ORDER BY {self.order} LIMIT {PAGE} OFFSET {{offset:UInt32}}"

    @property
    def count_sql(self) -> str:
        """How many there are in all."""
        return f"SELECT count() AS rows FROM {self._from}"

    @property
    def _from(self) -> str:
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return LISTINGS[self.kind].source.replace("{inside}", HERE) + where


def asked(kind: Kind, digits: str, query: Mapping[str, str]) -> Asked:
    """Read an address; `digits` begin all areas that may be seen. Raises ValueError for a filter that cannot be."""
    listing = LISTINGS[kind]
    params: dict[str, str | int] = {"area": digits, "offset": max(0, int(query.get("offset", "0")))}
    conditions = []
    for name, condition in listing.filters.items():
        if value := query.get(name):
            if name in _DATES:
                date.fromisoformat(value)
            params[name] = int(value) if name in listing.numbers else value
            conditions.append(condition)
    if state := query.get("state"):
        if state not in listing.states:
            raise ValueError(f"{state!r} is no state of {kind}: {', '.join(listing.states)}")
        conditions.append(listing.states[state])
    if kind == "reports" and "outcome" not in params:
        conditions.append("outcome != 'redelivered'")
    slow = kind == "reports" and query.get("sort") == "slow"
    if slow:
        conditions.append("ordered_ms IS NOT NULL")
    return Asked(kind, params, tuple(conditions), "ordered_ms DESC, event_id" if slow else listing.order)
