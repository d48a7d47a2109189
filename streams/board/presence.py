"""The presence page: which grids sent their all-clear on a day. About grids, never about who works in them."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, datetime

from fastapi import FastAPI, Request
from fastapi.responses import Response

from streams.board.cells import Cell
from streams.board.hub import Hub
from streams.board.names import next_level, part_of
from streams.board.view import SHANGHAI, View, count, link
from streams.core.area import LEVELS, level_of

MOST_ABSENT = 200  # grids that are listed

#: Grids heard from on a day; micro-grids speak for their grid. `clear` is whether an all-clear was among it.
HEARD = """
SELECT grid, max(clear) AS clear FROM
(
    SELECT substring(grid, 1, 15) AS grid, 1 AS clear FROM sanwang.all_clears
    WHERE toDate(at, 'Asia/Shanghai') = {day:String} AND received_at >= toDateTime({day:String}, 'Asia/Shanghai')
        AND startsWith(grid, {area:String})
    UNION ALL
    SELECT substring(area, 1, 15), 0 FROM sanwang.events
    WHERE toDate(occurred_at, 'Asia/Shanghai') = {day:String} AND feed = 'grid' AND length(area) >= 15
        AND received_at >= toDateTime({day:String}, 'Asia/Shanghai') AND startsWith(area, {area:String})
)
GROUP BY grid
"""


def add_presence(app: FastAPI, hub: Hub) -> None:
    """The page /presence."""

    @app.get("/presence")
    async def presence(request: Request, area: str = "", date: str = "") -> Response:
        view, chosen = hub.view(request), hub.area_of(request.scope["user"], area)
        day = _day(date)
        if chosen is None:
            return hub.refusal(request, view, f"presence {area}")
        if day is None or chosen not in hub.names.areas:
            return hub.missing(request, view)
        hub.audit.note(request.scope["user"], "opened", f"presence {chosen} {day}")
        body = await asyncio.to_thread(_draw, hub, view, chosen, day)
        return hub.document(request, view, view.word("presence"), body, chosen)


def _draw(hub: Hub, view: View, area: str, day: date) -> str:
    digits, names = hub.digits(area), view.names
    heard = {row["grid"]: row["clear"] for row in hub.warehouse.rows(HEARD, {"area": digits, "day": str(day)})}
    grids = [code for code, place in names.areas.items() if place.level == "grid" and code.startswith(digits)]
    parts = "grid" if LEVELS.index(level_of(area)) >= LEVELS.index("village") else next_level(area)
    all_, online, clear = Counter[str](), Counter[str](), Counter[str]()
    for grid in grids:
        part = part_of(grid, parts)
        all_[part] += 1
        online[part] += grid in heard
        clear[part] += heard.get(grid, 0)
    worst_first = sorted(all_, key=lambda code: (clear[code] / all_[code], code))
    rows = [_row(view, code, all_[code], online[code], clear[code], str(day)) for code in worst_first]
    columns = [view.word(key) for key in ("place", "grids", "online", "all_clear", "absent", "share")]
    total = _row(view, area, all_.total(), online.total(), clear.total(), str(day)) if all_ else []
    absent = [names.areas[grid] for grid in grids if not heard.get(grid)]
    return view.draw(
        "presence.html", columns=columns, rows=rows, total=total, day=str(day), area=area,
        absent=absent[:MOST_ABSENT], absent_count=len(absent), limit=MOST_ABSENT,
        listed=LEVELS.index(level_of(area)) >= LEVELS.index("township"),
    )  # fmt: skip


def _row(view: View, code: str, grids: int, online: int, clear: int, day: str) -> list[Cell]:
    further = f"/area/{code}" if level_of(code) == "grid" else link("presence", area=code, date=day)
    numbers = [Cell(count(number), further, "r") for number in (grids, online, clear)]
    absent = Cell(count(grids - clear), f"{further}#absent", "r bad" if grids > clear else "r")
    return [Cell(view.names.area(code), further), *numbers, absent, Cell(f"{clear / grids:.1%}", kind="r")]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else datetime.now(SHANGHAI).date()
    except ValueError:
        return None
