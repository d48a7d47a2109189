"""The reports of a day, week, month or quarter, on the page and to take away."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import Response
from msgspec import Struct

from streams.board.audit import Act
from streams.board.figure_links import linked
from streams.board.hub import Hub
from streams.board.names import Place
from streams.board.view import SHANGHAI, View
from streams.report.figures import Report, make_report
from streams.report.period import Period, PeriodKind, period_of
from streams.report.render import render
from streams.report.tables import Sheet, sheets_of, title_of

MOST_ROWS = 30  # of a table on the page; the download has all
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8", "md": "text/markdown; charset=utf-8",
}  # fmt: skip


class Chosen(Struct, frozen=True):
    """One period's report on one area, as somebody sees it."""

    view: View
    period: Period
    area: str
    report: Report
    title: str
    sheets: list[Sheet]


def add_figures(app: FastAPI, hub: Hub) -> None:
    """The pages /figures and /figures/download."""

    @app.get("/figures")
    async def figures(request: Request, kind: PeriodKind = "day", date: str = "", area: str = "") -> Response:
        chosen = await _choose(hub, request, kind, date, area, "opened")
        if isinstance(chosen, Response):
            return chosen
        body = chosen.view.draw(
            "figures.html", heading=chosen.title, kind=kind, date=str(chosen.period.begin), area=chosen.area,
            places=_places(hub, request.scope["user"].area, chosen.area), limit=MOST_ROWS,
            sheets=list(zip(chosen.sheets, linked(chosen.report, chosen.area, chosen.sheets), strict=True)),
        )  # fmt: skip
        return hub.document(request, chosen.view, chosen.view.word("figures"), body, chosen.area)

    @app.get("/figures/download")
    async def download(
        request: Request, kind: PeriodKind = "day", date: str = "", area: str = "",
        form: Literal["xlsx", "csv", "md"] = "xlsx",
    ) -> Response:  # fmt: skip
        chosen = await _choose(hub, request, kind, date, area, "downloaded", form)
        if isinstance(chosen, Response):
            return chosen
        name = f"sanwang-{kind}-{chosen.period.begin}.{form}"
        content = await asyncio.to_thread(render, chosen.title, chosen.sheets, form)
        attached = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=_TYPES[form], headers=attached)


async def _choose(
    hub: Hub, request: Request, kind: PeriodKind, day: str, area: str, act: Act, form: str = ""
) -> Chosen | Response:
    """The report that an address asks for, noted in the audit; else the page that says why not."""
    view, user = hub.view(request), request.scope["user"]
    area_shown, period = hub.area_of(user, area), _period(kind, day)
    if area_shown is None:
        return hub.refusal(request, view, f"figures {area}")
    if period is None:
        return hub.missing(request, view)
    hub.audit.note(user, act, f"figures {kind} {period.begin} {area_shown} {form}".rstrip())
    digits = "" if area_shown == hub.names.city else area_shown
    report = await asyncio.to_thread(make_report, hub.warehouse, period, digits)
    title = title_of(report, view.language, hub.names.area(area_shown))
    return Chosen(view, period, area_shown, report, title, sheets_of(report, view.language))


def _places(hub: Hub, top: str, shown: str) -> list[Place]:
    """What may be chosen: the account's area, what is right below it, and what is shown."""
    top, names = top or hub.names.city, hub.names
    places = [names.areas[code] for code in (top,) if code in names.areas] + list(names.below.get(top, ()))
    if shown in names.areas and shown not in {place.code for place in places}:
        places.append(names.areas[shown])
    return places


def _period(kind: PeriodKind, day: str) -> Period | None:
    """The period that holds the day, yesterday if none is given; None for what is no date."""
    try:
        chosen = date.fromisoformat(day) if day else (datetime.now(SHANGHAI) - timedelta(days=1)).date()
        return period_of(kind, chosen)
    except (ValueError, OverflowError):
        return None
