"""Taking a report off its incident, from the page of the incident."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from streams.board.hub import Hub, now_ms
from streams.board.incident import read_dossier
from streams.board.session import is_ours
from streams.board.view import link

Text = Annotated[str, Form()]
BY = "board"  # who says so, on the correction: the account stands in the audit


def add_unmerge(app: FastAPI, hub: Hub) -> None:
    """The form's route."""

    @app.post("/unmerge")
    async def take_off(request: Request, incident: Text, event: Text, csrf: Text = "", reason: Text = "") -> Response:
        """What came of it is seen on the page, some moments later. Raises as the warehouse and the broker do."""
        view, user = hub.view(request), request.scope["user"]
        if not user.may("unmerge") or not is_ours(request.session, csrf):
            return hub.refusal(request, view, f"unmerge {event}")
        dossier = await asyncio.to_thread(read_dossier, hub.warehouse, incident, hub.digits(user.area))
        if dossier is None or event not in {row["event_id"] for row in dossier.reports if row["outcome"] == "linked"}:
            return hub.missing(request, view)
        await hub.audit.write(user.name, user, "unmerged", f"{event} from {incident}")
        from streams.intake.unmerge import unmerge  # brings Kafka's libraries and the engine: when first needed

        await unmerge(hub.settings, event, BY, reason[:200], now_ms())
        return RedirectResponse(link("incident", id=incident, said=event), 303)
