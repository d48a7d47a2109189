"""Signing in and out, language and light, and the gate that lets nobody past without an account."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from streams.board.hub import Hub, local_path
from streams.board.session import begin, end, is_ours, token_of, user_of
from streams.errors import SanwangError

OPEN = ("/sign-in", "/settings", "/healthz", "/static/", "/_nicegui")
YEAR_S = 365 * 86_400
#: Nothing comes from outside, nothing frames us, forms go home. NiceGUI's templates are compiled in the browser.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
    "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
Text = Annotated[str, Form()]


class Gate:
    """ASGI: who has no account gets to the sign-in page and no further; every answer bears our headers."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app, self._hub = app, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; websockets belong to pages that were opened through here, and know their secret ids."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["user"] = user_of(scope["session"], self._hub.users)
        path: str = scope["path"]

        async def with_headers(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))  # type: ignore[call-overload] # a list by the ASGI protocol
                headers += [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                if not path.startswith(("/static/", "/_nicegui")):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        if scope["user"] is None and not path.startswith(OPEN):
            asked = path + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
            where = RedirectResponse("/sign-in" if asked == "/" else f"/sign-in?next={local_path(asked)}", 303)
            await where(scope, receive, with_headers)  # type: ignore[arg-type] # a narrower message than ASGI's
        else:
            await self._app(scope, receive, with_headers)  # type: ignore[arg-type] # likewise


def add_doors(app: FastAPI, hub: Hub) -> None:
    """The routes of signing in and out, of settings, and /healthz."""
    _add_settings(app)

    @app.get("/sign-in")
    async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's name
        return _form(hub, request, "", local_path(next))

    @app.post("/sign-in")
    async def sign_in(request: Request, name: Text, password: Text, csrf: Text = "", next: Text = "/") -> Response:  # noqa: A002
        to = local_path(next)
        fault, status = await _sign_in(hub, request, name, password, csrf)
        if fault:
            return _form(hub, request, hub.view(request).word(fault), to, status)
        return RedirectResponse(to, 303)

    @app.post("/sign-out")
    async def sign_out(request: Request, csrf: Text = "") -> Response:
        view = hub.view(request)
        if view.user and is_ours(request.session, csrf):
            hub.audit.note(view.user, "signed_out", "")
            end(request.session)
        return RedirectResponse("/sign-in", 303)


async def _sign_in(hub: Hub, request: Request, name: str, password: str, csrf: str) -> tuple[str, int]:
    """Begin a session; else the word for why not, with an HTTP status."""
    if not is_ours(request.session, csrf):
        return "stale_form", 403
    if hub.patience.is_out(name):
        return "wait", 429
    user = await asyncio.to_thread(hub.users.proven, name, password)
    try:
        await hub.audit.write(name, user, "signed_in", "", allowed=user is not None)
    except SanwangError:
        return "unwritten", 503
    if user is None:
        hub.patience.wrong(name)
        return "wrong", 403
    hub.patience.right(name)
    begin(request.session, user)
    return "", 200


def _form(hub: Hub, request: Request, fault: str, to: str, status: int = 200) -> HTMLResponse:
    view = hub.view(request)
    body = view.draw("sign_in.html", fault=fault, csrf=token_of(request.session), next=to)
    return hub.document(request, view, view.word("sign_in"), body, status=status)


def _add_settings(app: FastAPI) -> None:
    @app.get("/healthz")
    async def alive() -> Response:
        return PlainTextResponse("alive\n")

    @app.get("/settings")
    async def settings(lang: str = "", light: str = "", next: str = "/") -> Response:  # noqa: A002 - the field's name
        answer = RedirectResponse(local_path(next), 303)
        for name, value, known in (("lang", lang, ("zh", "en")), ("light", light, ("dark", "light"))):
            if value in known:
                answer.set_cookie(name, value, max_age=YEAR_S, samesite="lax", httponly=True)
        return answer
