"""What stands open: orders by their due time, hand-overs that nobody takes."""

from __future__ import annotations

from collections.abc import Mapping

from streams.warehouse.port import Warehouse

DUE_SOON_MINUTES = 30
STUCK_MINUTES = 5
#: Orders of the last 60 days: what is older and still open belongs in a report, not in an alert.
_SQL = """
SELECT
    countIf(due_at >= now64(3) AND due_at < now64(3) + INTERVAL {soon:UInt32} MINUTE) AS due_soon,
    countIf(due_at < now64(3)) AS overdue,
    (SELECT count() FROM sanwang.stuck_hand_overs WHERE waiting_minutes >= {stuck:UInt32}) AS stuck_hand_over
FROM sanwang.order_facts
WHERE handled_at IS NULL AND NOT left_unit AND issued_at > now64(3) - INTERVAL 60 DAY
    AND incident_id NOT IN (SELECT incident_id FROM sanwang.incidents FINAL WHERE closed)
"""


def standing(warehouse: Warehouse) -> Mapping[str, int]:
    """Numbers by state: due_soon, overdue, stuck_hand_over. Raises as `Warehouse.query`."""
    [counts] = warehouse.query(_SQL, {"soon": DUE_SOON_MINUTES, "stuck": STUCK_MINUTES})
    return dict(zip(("due_soon", "overdue", "stuck_hand_over"), counts, strict=True))
