"""What the watch asks ClickHouse: the weeks before, and what is slow to change - desks and places of the last 30 days.

One thread each: the watch may take its time. History that was fed in again has another clock, and is left out where the
question is how things stand now.
"""

from __future__ import annotations

from streams.core.surges import Hours
from streams.warehouse.port import Warehouse

_HOURS = """
SELECT township, substring(item, 1, 2) AS class, intDiv(toUnixTimestamp(opened_at), 3600) AS hour, count()
FROM sanwang.incidents FINAL
WHERE opened_at >= fromUnixTimestamp64Milli({since:Int64})
GROUP BY township, class, hour
SETTINGS max_threads = 1
"""
_DESKS = """
SELECT unit, countIf(due_at < fromUnixTimestamp64Milli({now:Int64})) AS late, count() AS open_orders
FROM sanwang.order_facts
WHERE NOT left_unit AND handled_at IS NULL AND issued_at <= fromUnixTimestamp64Milli({now:Int64})
  AND incident_id NOT IN (SELECT event_id FROM sanwang.events WHERE replayed)
  AND incident_id NOT IN (SELECT incident_id FROM sanwang.incidents FINAL WHERE closed)
GROUP BY unit
HAVING late > 0
SETTINGS max_threads = 1
"""
_RECURRING = """
SELECT area, item, count() AS incidents
FROM sanwang.incidents FINAL
WHERE opened_at > fromUnixTimestamp64Milli({since:Int64}) AND opened_at <= fromUnixTimestamp64Milli({now:Int64})
  AND substring(area, 10) != '000'
GROUP BY area, item
HAVING incidents >= 3
SETTINGS max_threads = 1
"""
_RECURRENCE_MS = 30 * 86_400_000


def hours_since(warehouse: Warehouse, since: int) -> Hours:
    """Incidents by township, class and hour since `since` (ms UTC)."""
    rows = warehouse.query(_HOURS, {"since": since})
    return {(str(place), str(kind), int(hour)): int(count) for place, kind, hour, count in rows}


def late_desks(warehouse: Warehouse, now: int) -> list[tuple[str, int, int]]:
    """Units with orders past their due time: unit, how many, of how many open ones."""
    return [(str(unit), int(late), int(orders)) for unit, late, orders in warehouse.query(_DESKS, {"now": now})]


def recurring(warehouse: Warehouse, now: int) -> list[tuple[str, str, int]]:
    """Villages and grids where an item came up three times or more in the 30 days before: area, item, incidents."""
    rows = warehouse.query(_RECURRING, {"since": now - _RECURRENCE_MS, "now": now})
    return [(str(area), str(item), int(incidents)) for area, item, incidents in rows]
