"""What ClickHouse knows of a report: what it was, what was decided, and which incidents it might have joined."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from streams.core.catalogue import Item
from streams.core.decision import Incident
from streams.core.event import Event
from streams.warehouse.port import Warehouse

MOST = 24  # candidates: as many neighbours as triage looks at
_DAY_MS = 86_400_000
_TABLES = ZoneInfo("Asia/Shanghai")


class Decided(Struct, frozen=True):
    """What was decided when the report came in; times in ms UTC."""

    outcome: str  # new, linked
    incident_id: str
    catalogue: str  # version of the city
    class_reasons: str
    match_reasons: str
    lead: str  # of its incident, as of the latest revision
    assists: tuple[str, ...]
    rule: str
    due_at: int
    closed: bool


_EVENT = """
SELECT event_id, feed, source_partition, source_offset, occurred_at, received_at, replayed, area, placed_by, ambiguous,
    lon, lat, item, classified_by, score, class_reasons, urgency, life_safety, caller, self_handled, text, address,
    catalogue, outcome, incident_id, match_reasons, wish, source_code, model
FROM sanwang.events FINAL
WHERE event_id = {event_id:String} AND outcome != 'redelivered'
ORDER BY received_at LIMIT 1
"""
_INCIDENT = """
SELECT incident_id, item, area, lon, lat, first_at, last_at, opened_at, reports, feeds, repeats, urgency, life_safety,
    lead, assists, rule, due_at, closed, text, address, revision
FROM sanwang.incidents FINAL
"""
_OWN = f"{_INCIDENT} WHERE incident_id = {{incident_id:String}}"
_NEAR = f"""{_INCIDENT}
WHERE incident_id != {{event_id:String}} AND startsWith(item, {{class:String}})
    AND startsWith(area, {{near:String}}) AND opened_at <= fromUnixTimestamp64Milli({{until:Int64}})
    AND last_at >= fromUnixTimestamp64Milli({{since:Int64}})
ORDER BY last_at DESC LIMIT {{most:UInt32}}
"""


def read_event(warehouse: Warehouse, event_id: str) -> tuple[Event, Decided] | None:
    """A report and what was decided on it; None if the warehouse has no such report."""
    rows = warehouse.query(_EVENT, {"event_id": event_id})
    if not rows:
        return None
    (event_id, feed, partition, offset, occurred_at, received_at, replayed, area, placed_by, ambiguous, lon, lat, item,
     classified_by, score, class_reasons, urgency, life_safety, caller, self_handled, text, address, catalogue, outcome,
     incident_id, match_reasons, wish, source_code, model) = rows[0]  # fmt: skip
    reasons = tuple(class_reasons.split("; ")) if class_reasons else ()
    event = Event(
        event_id, feed, partition, offset, _ms(occurred_at), _ms(received_at), _ms(received_at), bool(replayed), area,
        placed_by, bool(ambiguous), lon, lat, item, classified_by, float(score), reasons, urgency, bool(life_safety),
        "", caller, bool(self_handled), text, address, catalogue, wish, source_code,
        model,
    )
    own = warehouse.query(_OWN, {"incident_id": incident_id})
    lead, assists, rule, due, closed = own[0][13:18] if own else ("", (), "", None, False)
    return event, Decided(
        outcome, incident_id, catalogue, class_reasons, match_reasons, lead, tuple(assists), rule,
        _ms(due) if due else 0, bool(closed),
    )


def read_candidates(warehouse: Warehouse, event: Event, item: Item) -> list[Incident]:
    """Incidents of the event's class in its county that it might have joined, the latest first, at most `MOST`.

    They are as they are now; reports that came after the event are taken off their times.
    """
    window = min(max(item.window_s * 1000, 3_600_000), 31 * _DAY_MS)
    rows = warehouse.query(
        _NEAR,
        {
            "event_id": event.event_id, "class": event.item[:2], "near": _near(event.area),
            "until": event.clock, "since": event.occurred_at - window, "most": MOST,
        },
    )  # fmt: skip
    return [_incident(row, event) for row in rows]


def _near(area: str) -> str:
    """The digits of the county, or of the city when no county is known."""
    return area[:4] if area[4:6] == "00" else area[:6]


def _incident(row: tuple[Any, ...], event: Event) -> Incident:
    (incident_id, item, area, lon, lat, first_at, last_at, opened_at, reports, feeds, repeats, urgency, life_safety,
     lead, assists, rule, due_at, closed, text, address, revision) = row  # fmt: skip
    first, last = _ms(first_at), _ms(last_at)
    return Incident(
        incident_id, 0, 0, 0, item, area, lon, lat, first, max(first, min(last, event.occurred_at)), _ms(opened_at),
        last, reports, feeds, repeats, urgency, bool(life_safety), lead, tuple(assists), rule, _ms(due_at),
        bool(closed), revision, text, address,
    )


def _ms(moment: datetime) -> int:
    """Milliseconds UTC; who only asks gets the tables' times without their zone."""
    return round((moment if moment.tzinfo else moment.replace(tzinfo=_TABLES)).timestamp() * 1000)
