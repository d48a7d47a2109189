"""The audit, for administrators."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request
from fastapi.responses import Response

from streams.board.cells import Cell
from streams.board.hub import Hub
from streams.board.listing import PAGE
from streams.board.view import link, moment

AUDIT = f"""
SELECT at, account, role, act, subject, area, allowed FROM sanwang.board_audit
ORDER BY at DESC, account, act, subject LIMIT {PAGE} OFFSET {{offset:UInt32}}
"""
COUNT = "SELECT count() FROM sanwang.board_audit"


def add_audit(app: FastAPI, hub: Hub) -> None:
    """The page /audit."""

    @app.get("/audit")
    async def audit(request: Request, offset: int = 0) -> Response:
        view, user = hub.view(request), request.scope["user"]
        if not user.may("audit"):
            return hub.refusal(request, view, "audit")
        hub.audit.note(user, "opened", "audit")
        offset = max(0, offset)
        rows = await asyncio.to_thread(hub.warehouse.rows, AUDIT, {"offset": offset})
        [(total,)] = await asyncio.to_thread(hub.warehouse.query, COUNT)
        acts = {"opened": "opened_act"}
        cells = [
            [
                Cell(moment(row["at"])),
                Cell(row["account"]),
                Cell(row["role"]),
                Cell(view.word(acts.get(row["act"], row["act"]))),
                Cell(row["subject"], kind="text"),
                Cell(view.names.area(row["area"]) if row["area"] else view.word("whole_city")),
                Cell(view.word("yes" if row["allowed"] else "no"), kind="" if row["allowed"] else "bad"),
            ]
            for row in rows
        ]  # fmt: skip
        columns = [view.word(key) for key in ("time", "account", "role", "act", "what", "where", "allowed")]
        body = view.draw(
            "table.html", heading=view.word("audit"), count=total, skipped=offset, columns=columns, right=set(),
            rows=cells, filters=[], later=link("audit", offset=max(0, offset - PAGE) or "") if offset else "",
            earlier=link("audit", offset=offset + PAGE) if total > offset + PAGE else "",
        )  # fmt: skip
        return hub.document(request, view, view.word("audit"), body)
