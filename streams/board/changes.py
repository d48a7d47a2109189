"""What changed: warnings, orders that fell overdue, stuck hand-overs, supervision, migrations, the city, the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from nicegui import ui

from streams.board.hub import Hub
from streams.board.names import Names
from streams.board.screen import Panel, Screen
from streams.board.statements import HERE, IS_OPEN, IS_OVERDUE, STUCK_MINUTES
from streams.board.view import View, link
from streams.core.area import significant
from streams.warehouse.remote import RemoteWarehouse

Row = Mapping[str, Any]
PERIOD_S = 1.0
MOST = 60  # of each kind, and on the page

#: Each row: at, what (a word), where (area or unit code), matter (item), subject (id), colour.
_WARNINGS = f"""
SELECT at, concat('warning_', change) AS what, place AS code, kind AS item, subject AS detail, '' AS id, colour
FROM sanwang.warnings FINAL WHERE at >= now64(3) - INTERVAL 1 DAY ORDER BY at DESC LIMIT {2 * MOST}
"""
_OVERDUE = f"""
SELECT due_at AS at, 'overdue_order' AS what, unit AS code, item, '' AS detail, incident_id AS id, 0 AS colour
FROM sanwang.order_facts
WHERE {HERE} AND {IS_OPEN} AND {IS_OVERDUE} AND due_at >= now64(3) - INTERVAL 1 DAY ORDER BY at DESC LIMIT {MOST}
"""
_STUCK = f"""
SELECT pushed_at + INTERVAL {STUCK_MINUTES} MINUTE AS at, 'stuck_hand_over' AS what, known.area AS code,
    known.item AS item,
    concat(from_line, ' → ', to_line) AS detail, pushed.incident_id AS id, 0 AS colour
FROM (SELECT * FROM sanwang.hand_overs FINAL WHERE acknowledged_at IS NULL
      AND pushed_at < now64(3) - INTERVAL {STUCK_MINUTES} MINUTE) AS pushed
INNER JOIN (SELECT incident_id, area, item FROM sanwang.incidents FINAL WHERE {HERE}) AS known
    ON known.incident_id = pushed.incident_id
ORDER BY at DESC LIMIT {MOST}
"""
_SUPERVISION = f"""
SELECT told.at AS at, told.kind AS what, told.unit AS code, facts.item AS item, '' AS detail, facts.incident_id AS id,
    0 AS colour
FROM (SELECT * FROM sanwang.supervision FINAL WHERE at >= now64(3) - INTERVAL 1 DAY) AS told
INNER JOIN (SELECT order_id, item, incident_id FROM sanwang.orders FINAL WHERE {HERE}) AS facts
    ON facts.order_id = told.order_id
ORDER BY at DESC LIMIT {MOST}
"""
_MIGRATIONS = """
SELECT toDateTime64(max(applied_at), 3) AS at, 'migration' AS what, '' AS code, '' AS item,
    if(count() = 1, any(file), concat(min(file), ' … ', max(file))) AS detail, '' AS id, 0 AS colour
FROM sanwang.migrations GROUP BY toStartOfMinute(applied_at)
"""
_CITY = """
SELECT min(received_at) AS at, 'configuration' AS what, '' AS code, '' AS item, catalogue AS detail, '' AS id,
    0 AS colour
FROM sanwang.events WHERE received_at >= now64(3) - INTERVAL 30 DAY GROUP BY catalogue
"""


def read_changes(warehouse: RemoteWarehouse, names: Names, digits: str) -> Sequence[Row]:
    """Changes in the area whose codes begin with `digits`, the newest first. Raises as the warehouse does."""
    here = {"area": digits}
    rows = [row for row in warehouse.rows(_WARNINGS) if _inside(row["code"], names, digits)]
    for sql in (_OVERDUE, _STUCK, _SUPERVISION, _MIGRATIONS, _CITY):
        rows += warehouse.rows(sql, here)
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:MOST]


def add_changes(hub: Hub) -> None:
    """The page /changes."""

    @ui.page("/changes", response_timeout=30)
    async def changes_page(request: Request) -> Response | None:
        view, user = hub.view(request), request.scope["user"]
        digits = user.scope
        hub.audit.note(user, "opened", "changes")
        loop = hub.live.loop(("changes", digits), lambda: read_changes(hub.warehouse, hub.names, digits), PERIOD_S)
        screen = Screen(hub, request, view, view.word("changes"), area=user.area or hub.names.city)
        with screen, ui.element("div").classes("stack").props("id=content tabindex=-1"):
            Panel(screen, loop, "changes", lambda rows: _draw(view, rows), "box rows")
        return None


def _draw(view: View, rows: Sequence[Row]) -> str:
    return view.draw("changes.html", rows=[(row, _href(row, view.names)) for row in rows])


def _href(row: Row, names: Names) -> str:
    if row["id"]:
        return link("incident", id=row["id"])
    if row["code"] in names.units:
        return link("orders", unit=row["code"], state="overdue")
    return link("incidents", area=row["code"], item=row["item"]) if row["code"] else ""


def _inside(place: str, names: Names, digits: str) -> bool:
    code = names.units[place][1] if place in names.units else place
    try:
        return significant(code).startswith(digits)
    except ValueError:
        return not digits
