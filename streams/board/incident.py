"""The page of one incident: its reports and why they were merged, its orders with their clocks, its hand-overs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from msgspec import Struct
from nicegui import ui

from streams.board.hub import Hub
from streams.board.screen import Panel, Screen
from streams.board.session import token_of
from streams.board.statements import HERE
from streams.board.view import View
from streams.city.load import load_city
from streams.errors import SanwangError
from streams.explain.command import Explaining
from streams.warehouse.remote import RemoteWarehouse

Row = Mapping[str, Any]
PERIOD_S = 1.0
MOST_REPORTS = 200

INCIDENT = f"""
SELECT incident_id, item, area, opened_at, last_at, due_at, reports, repeats, feeds, urgency, life_safety, lead,
    assists, rule, closed, text, address
FROM sanwang.incidents FINAL WHERE incident_id = {{id:String}} AND {HERE}
"""
REPORTS = f"""
SELECT event_id, feed, occurred_at, received_at, outcome, repeat, area, item, class_reasons, match_reasons, text,
    address
FROM sanwang.events FINAL WHERE incident_id = {{id:String}} AND outcome != 'redelivered'
ORDER BY received_at, event_id LIMIT {MOST_REPORTS}
"""
ORDERS = """
SELECT order_id, unit, role, issued_at, due_at, stage, handled_at, left_unit, reworks, extensions
FROM sanwang.order_facts WHERE incident_id = {id:String} ORDER BY role DESC, order_id
"""
STEPS = """
SELECT order_id, step, at, by, reason, to_unit FROM sanwang.order_steps FINAL
WHERE order_id IN (SELECT order_id FROM sanwang.orders WHERE incident_id = {id:String})
UNION ALL
SELECT order_id, kind, at, to_unit, '', '' FROM sanwang.supervision FINAL
WHERE order_id IN (SELECT order_id FROM sanwang.orders WHERE incident_id = {id:String})
"""
HAND_OVERS = """
SELECT from_line, to_line, reason, pushed_at, acknowledged_at FROM sanwang.hand_overs FINAL
WHERE incident_id = {id:String} ORDER BY pushed_at
"""


class Dossier(Struct, frozen=True):
    """Everything on one incident."""

    incident: Row
    reports: Sequence[Row]
    orders: Sequence[Row]
    steps: Mapping[str, Sequence[Row]]  # by order, in the order of their times
    hand_overs: Sequence[Row]


def read_dossier(warehouse: RemoteWarehouse, incident_id: str, digits: str) -> Dossier | None:
    """The incident; None if there is none in the area whose codes begin with `digits`. Raises as the warehouse does."""
    params = {"id": incident_id, "area": digits}
    found = warehouse.rows(INCIDENT, params)
    if not found:
        return None
    steps: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(warehouse.rows(STEPS, params), key=lambda row: row["at"]):
        steps[row["order_id"]].append(row)
    reports, orders = warehouse.rows(REPORTS, params), warehouse.rows(ORDERS, params)
    return Dossier(found[0], reports, orders, dict(steps), warehouse.rows(HAND_OVERS, params))


class Why:
    """Explains reports; the city is loaded when the first one is asked for, and kept."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._explaining: Explaining | None = None
        self._loading = asyncio.Lock()

    async def text(self, event_id: str, view: View) -> str:
        """The explanation, or why there is none."""
        async with self._loading:
            if self._explaining is None:
                try:
                    city = await asyncio.to_thread(load_city, Path(self._hub.settings.city))
                except SanwangError:
                    return view.word("explain_missing")
                self._explaining = await asyncio.to_thread(Explaining, city)
        try:
            explained = await asyncio.to_thread(self._explaining.event, event_id, self._hub.warehouse)
        except SanwangError as error:
            return str(error)
        return explained.text(view.language)


def add_incident(hub: Hub) -> None:
    """The page /incident?id=…"""
    why = Why(hub)

    @ui.page("/incident", response_timeout=30)
    async def incident_page(request: Request, id: str = "", said: str = "") -> Response | None:  # noqa: A002
        view, scope = hub.view(request), hub.digits(request.scope["user"].area)
        try:
            dossier = await asyncio.to_thread(read_dossier, hub.warehouse, id, scope)
        except SanwangError:
            return hub.unavailable(request, view)
        if dossier is None:
            return hub.missing(request, view)
        hub.audit.note(request.scope["user"], "opened", f"incident {id}")
        loop = hub.live.loop(("incident", id, scope), lambda: read_dossier(hub.warehouse, id, scope), PERIOD_S)
        area = dossier.incident["area"]
        screen = Screen(hub, request, view, view.names.item(dossier.incident["item"]), area=area[:15])
        texts = request.scope["user"].may("texts")
        with screen, ui.element("div").classes("stack").props("id=content tabindex=-1"):
            for name, draw in _panels(view, texts=texts).items():
                Panel(screen, loop, f"{name} {texts}", draw, "box", draw(dossier))
            linked = any(row["outcome"] == "linked" for row in dossier.reports)
            if linked and request.scope["user"].may("unmerge"):
                form = view.draw("unmerge.html", d=dossier, csrf=token_of(request.session), said=said)
                ui.html(form, sanitize=False, tag="section").classes("box")
            if texts:
                await _explanation(why, view, id)
        return None


def _panels(view: View, *, texts: bool) -> dict[str, Callable[[Any], str]]:
    def of(template: str) -> Callable[[Dossier], str]:
        return lambda dossier: view.draw(template, d=dossier, texts=texts)

    return {name: of(f"incident_{name}.html") for name in ("head", "reports", "orders", "hand_overs")}


async def _explanation(why: Why, view: View, incident_id: str) -> None:
    """The explanation of the first report, opened when it is asked for: it takes seconds the first time."""
    with ui.element("section").classes("box"):
        ui.html(f"<h2>{view.word('explanation')}</h2>", sanitize=False)
        shown = ui.html("", sanitize=False, tag="div").props('role="region" aria-live="polite"')

        async def tell() -> None:
            button.visible = False
            shown.content = view.draw("why.html", text=await why.text(incident_id, view))

        button = ui.element("button").on("click", tell)
        with button:
            ui.html(view.word("show"), sanitize=False, tag="span")
