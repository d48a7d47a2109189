"""The pages of rows: every number of the board links to one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import get_args

from fastapi import FastAPI, Request
from fastapi.responses import Response

from streams.board.cells import COLUMNS, RIGHT, cells_of
from streams.board.hub import Hub
from streams.board.listing import PAGE, Asked, Kind, asked
from streams.board.roles import User
from streams.board.view import View, link

_KEPT = ("area", "minutes", "feed", "outcome", "item", "unit", "state", "sort", "colour", "since", "until")
_HEADINGS: Mapping[Kind, str] = {
    "reports": "reports_in", "incidents": "incidents", "orders": "orders", "hand-overs": "stuck",
    "warnings": "warnings_standing",
}  # fmt: skip


def add_rows(app: FastAPI, hub: Hub) -> None:
    """The pages /reports, /incidents, /orders, /hand-overs and /warnings."""
    for kind in get_args(Kind):
        app.get(f"/{kind}")(_page(hub, kind))


def _page(hub: Hub, kind: Kind) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        view, query = hub.view(request), dict(request.query_params)
        user: User = request.scope["user"]
        area = hub.area_of(user, query.get("area"))
        if area is None:
            return hub.refusal(request, view, f"{kind} {query.get('area', '')}")
        try:
            wanted = asked(kind, hub.digits(area), query)
        except ValueError:
            return hub.missing(request, view)
        hub.audit.note(user, "opened", f"{kind}?{request.url.query}" if request.url.query else kind)
        body = await asyncio.to_thread(_draw, hub, view, wanted, query)
        return hub.document(request, view, view.word(_HEADINGS[kind]), body, area)

    return page


def _draw(hub: Hub, view: View, wanted: Asked, query: Mapping[str, str]) -> str:
    found = hub.warehouse.rows(wanted.rows_sql, wanted.params)
    total = hub.warehouse.rows(wanted.count_sql, wanted.params)[0]["rows"]
    offset = int(wanted.params["offset"])
    kept = {name: query[name] for name in _KEPT if query.get(name)}

    def turned(by: int) -> str:
        return link(wanted.kind, **{**kept, "offset": offset + by or ""})

    return view.draw(
        "table.html", heading=view.word(_HEADINGS[wanted.kind]), count=total, skipped=offset,
        columns=[view.word(column) for column in COLUMNS[wanted.kind]], right={view.word(column) for column in RIGHT},
        rows=[cells_of(wanted.kind, row, view) for row in found], filters=_filters(view, wanted.kind, kept),
        later=turned(-PAGE) if offset else "", earlier=turned(PAGE) if total > offset + PAGE else "",
    )  # fmt: skip


def _filters(view: View, kind: Kind, kept: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each filter in words, with the address without it."""
    return [
        (_told(view, name, value), link(kind, **{other: v for other, v in kept.items() if other != name}))
        for name, value in kept.items()
        if name != "area" or value != view.names.city
    ]


def _told(view: View, name: str, value: str) -> str:
    match name:
        case "since":
            return f"≥ {value}"
        case "until":
            return f"< {value}"
        case "minutes":
            return f"{value} min"
        case "item":
            return view.names.item(value)
        case "unit":
            return view.names.unit(value)
        case "area":
            return view.names.area(value)
        case "colour":
            return view.word(f"colour{value}")
        case "sort":
            return view.word("slowest")
        case "state":
            return view.word({"open": "in_hand_state", "soon": "due_soon", "hot": "hottest"}.get(value, value))
    return view.word(value)
