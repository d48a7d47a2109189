"""The reports of a day, week, month or quarter, on the page and to take away."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import Response

from streams.board.hub import Hub
from streams.board.view import SHANGHAI, View
from streams.report.figures import make_report
from streams.report.period import Period, PeriodKind, period_of
from streams.report.render import render
from streams.report.tables import Sheet, sheets_of, title_of

MOST_ROWS = 30  # of a table on the page; the download has all
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8", "md": "text/markdown; charset=utf-8",
}  # fmt: skip


def add_figures(app: FastAPI, hub: Hub) -> None:
    """The pages /figures and /figures/download."""

    @app.get("/figures")
    async def figures(
        request: Request, kind: PeriodKind = "day", date: str = "", area: str = ""
    ) -> Response:
        view, chosen = hub.view(request), hub.area_of(request.scope["user"], area)
        period = _period(kind, date)
        if chosen is None:
            return hub.refusal(request, view, f"figures {area}")
        if period is None:
            return hub.missing(request, view)
        hub.audit.note(request.scope["user"], "opened", f"figures {kind} {period.begin} {chosen}")
        title, sheets = await asyncio.to_thread(_made, hub, view, period, chosen)
        top = request.scope["user"].area or hub.names.city
        places = [p for code in (top,) if (p := hub.names.areas.get(code))] + list(hub.names.below.get(top, ()))
        if chosen in hub.names.areas and chosen not in {place.code for place in places}:
            places.append(hub.names.areas[chosen])
        body = view.draw(
            "figures.html", heading=title, kind=kind, date=str(period.begin), area=chosen, places=places, sheets=sheets,
            limit=MOST_ROWS,
        )  # fmt: skip
        return hub.document(request, view, view.word("figures"), body, chosen)

    @app.get("/figures/download")
    async def download(
        request: Request, kind: PeriodKind = "day", date: str = "", area: str = "",
        form: Literal["xlsx", "csv", "md"] = "xlsx",
    ) -> Response:  # fmt: skip
        view, chosen = hub.view(request), hub.area_of(request.scope["user"], area)
        period = _period(kind, date)
        if chosen is None:
            return hub.refusal(request, view, f"figures {area}")
        if period is None:
            return hub.missing(request, view)
        hub.audit.note(request.scope["user"], "downloaded", f"figures {kind} {period.begin} {chosen} {form}")
        title, sheets = await asyncio.to_thread(_made, hub, view, period, chosen)
        name = f"sanwang-{kind}-{period.begin}.{form}"
        content = await asyncio.to_thread(render, title, sheets, form)
        attached = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=_TYPES[form], headers=attached)


def _made(hub: Hub, view: View, period: Period, area: str) -> tuple[str, list[Sheet]]:
    whole = area == hub.names.city
    report = make_report(hub.warehouse, period, "" if whole else area)
    return title_of(report, view.language, hub.names.area(area)), sheets_of(report, view.language)


def _period(kind: PeriodKind, day: str) -> Period | None:
    """The period that holds the day, yesterday if none is given; None for what is no date."""
    try:
        chosen = date.fromisoformat(day) if day else (datetime.now(SHANGHAI) - timedelta(days=1)).date()
        return period_of(kind, chosen)
    except (ValueError, OverflowError):
        return None
