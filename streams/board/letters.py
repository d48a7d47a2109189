"""The dead letters: look at them, send their records again, or drop them.

They have no place, so they are for those who see the whole city.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from streams.board.hub import Hub
from streams.board.session import is_ours, token_of
from streams.board.view import link
from streams.errors import SanwangError

MOST = 200
LETTERS = f"""
SELECT concat(feed, '/', toString(source_partition), '/', toString(source_offset)) AS id, feed, received_at, reason,
    detail, preview, if(file = '', '', concat(file, ':', toString(line))) AS source, status
FROM sanwang.dead_letters FINAL WHERE status = {{status:String}} ORDER BY received_at DESC, id LIMIT {MOST}
"""
COUNT = "SELECT status, count() AS letters FROM sanwang.dead_letters FINAL GROUP BY status"
Status = Literal["open", "replayed", "dropped"]


def add_letters(app: FastAPI, hub: Hub) -> None:
    """The page /dead-letters and what is done there."""

    @app.get("/dead-letters")
    async def letters(request: Request, status: Status = "open", said: str = "") -> Response:
        view, user = hub.view(request), request.scope["user"]
        if not user.may("letters"):
            return hub.refusal(request, view, "dead letters")
        hub.audit.note(user, "opened", f"dead letters {status}")
        rows = await asyncio.to_thread(hub.warehouse.rows, LETTERS, {"status": status})
        counts = await asyncio.to_thread(hub.warehouse.query, COUNT)
        body = view.draw(
            "letters.html", rows=rows, status=status, counts=dict(counts), csrf=token_of(request.session), said=said,
        )  # fmt: skip
        return hub.document(request, view, view.word("letters"), body)

    @app.post("/dead-letters")
    async def act(
        request: Request, act: Annotated[Literal["replayed", "dropped"], Form()],
        letter: Annotated[list[str] | None, Form()] = None, csrf: Annotated[str, Form()] = "",
    ) -> Response:  # fmt: skip
        view, user = hub.view(request), request.scope["user"]
        if not user.may("letters") or not is_ours(request.session, csrf):
            return hub.refusal(request, view, f"dead letters {act}")
        chosen = letter or []
        if not chosen:
            return RedirectResponse(link("dead-letters", said=view.word("chosen_none")), 303)
        try:
            for one in chosen:
                await hub.audit.write(user.name, user, act, one)
            await _do(hub, act, chosen)
        except SanwangError as error:
            return RedirectResponse(link("dead-letters", said=str(error)[:300]), 303)
        return RedirectResponse(link("dead-letters", said=f"{view.word('done')}: {len(chosen)}"), 303)


async def _do(hub: Hub, act: str, chosen: Sequence[str]) -> None:
    """As `sanwang dead-letters` does; the office brings Kafka's libraries, loaded when first needed."""
    from streams.flow.dead_letter_office import LetterId, drop_letters, replay_letters

    work = replay_letters if act == "replayed" else drop_letters
    await work(hub.settings, [LetterId.parse(one) for one in chosen])
