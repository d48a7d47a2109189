"""What all pages of one board share."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from streams.board.audit import Audit
from streams.board.door_link import door_address
from streams.board.land import Land, land_of
from streams.board.live import Live
from streams.board.names import Names, digits_of, read_names
from streams.board.roles import User
from streams.board.session import Patience, token_of
from streams.board.users import Users
from streams.board.view import Light, View
from streams.board.words import LANGUAGES, Language
from streams.config import Settings
from streams.errors import SanwangError
from streams.warehouse.remote import RemoteWarehouse

_RETRY_S, _RENEW_S, _DOOR_S = 2.0, 300.0, 10.0
_NOTHING = Names({}, {}, {}, {})
log = structlog.get_logger(__name__)


class Hub:
    """The warehouse, the names, the loops, the accounts and the audit of one board."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.warehouse = RemoteWarehouse(settings.clickhouse)
        self.users = Users(Path(settings.board.users_file))
        self.patience = Patience()
        self.audit = Audit(self.warehouse)
        self.live = Live()
        self.names = _NOTHING
        self.door = ""  # address of the HTTP door, where there is one
        self._lands: dict[str, Land] = {}

    async def run(self) -> None:
        """Keep the names fresh, the door in sight and the audit written, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.audit.run())
            tasks.create_task(self._renew())
            tasks.create_task(self._look_for_door())

    async def _renew(self) -> None:
        while True:
            try:
                self.names = await asyncio.to_thread(read_names, self.warehouse)
                self._lands.clear()
            except SanwangError as error:
                log.warning("no names yet", error=str(error))
            await asyncio.sleep(_RENEW_S if self.names.city else _RETRY_S)

    async def _look_for_door(self) -> None:
        while True:
            self.door = await asyncio.to_thread(door_address, self.settings.door)
            await asyncio.sleep(_DOOR_S)

    def land(self, area: str) -> Land:
        """The map below an area, drawn once."""
        if area not in self._lands:
            self._lands[area] = land_of(area, self.names)
        return self._lands[area]

    def view(self, request: Request) -> View:
        """Who looks, and how."""
        language: Language = next((one for one in LANGUAGES if one == request.cookies.get("lang")), "zh")
        light: Light = "light" if request.cookies.get("light") == "light" else "dark"
        return View(request.scope.get("user"), language, light, self.names)

    def area_of(self, user: User, asked: str | None) -> str | None:
        """Code of the area to show: the one that was asked for, else the account's own; None if it may not be seen."""
        code = asked or user.area or self.names.city
        try:
            return code if not code or user.sees(code) else None
        except ValueError:
            return None

    def digits(self, area: str) -> str:
        """What all area codes in an area begin with."""
        return digits_of(area, self.names) if area else ""

    def frame(self, request: Request, view: View, area: str | None, *, at_area: bool = False) -> str:
        """Header, navigation and breadcrumb."""
        user, back = view.user, request.url.path + (f"?{request.url.query}" if request.url.query else "")
        pages = [
            ("/", "overview", True), ("/incidents", "incidents", True), ("/orders", "orders", True),
            ("/reports", "reports_in", True), ("/figures", "figures", True), ("/presence", "presence", True),
            ("/changes", "changes", True), ("/dead-letters", "letters", bool(user and user.may("letters"))),
            ("/audit", "audit", bool(user and user.may("audit"))),
        ]  # fmt: skip
        return view.draw(
            "frame.html", pages=pages, here="/" if at_area else request.url.path, back=back,
            csrf=token_of(request.session), path=self.names.path(area) if area else [], at_area=at_area,
            door=self.door,
        )  # fmt: skip

    def document(
        self, request: Request, view: View, title: str, body: str, area: str | None = None, status: int = 200
    ) -> HTMLResponse:
        """A page that does not change by itself."""
        frame = Markup(self.frame(request, view, area))  # noqa: S704 - drawn by a template that escapes
        whole = view.draw("document.html", title=title, frame=frame, body=Markup(body))  # noqa: S704 - likewise
        return HTMLResponse(whole, status)

    def refusal(self, request: Request, view: View, subject: str) -> HTMLResponse:
        """The page of what may not be seen; noted in the audit."""
        if view.user:
            self.audit.note(view.user, "opened", subject, allowed=False)
        body = view.draw("message.html", heading=view.word("refused"), text=view.word("refused_more"))
        return self.document(request, view, view.word("refused"), body, status=403)

    def missing(self, request: Request, view: View) -> HTMLResponse:
        """The page of what is not there, or not in the account's area: which of the two is not told."""
        body = view.draw("message.html", heading=view.word("missing"), text=view.word("missing_more"))
        return self.document(request, view, view.word("missing"), body, status=404)

    def unavailable(self, request: Request, view: View) -> HTMLResponse:
        """The page of when ClickHouse does not answer."""
        heading = view.word("unavailable")
        body = view.draw("message.html", heading=heading, text=view.word("unavailable_more"))
        return self.document(request, view, heading, body, status=503)


def local_path(path: str) -> str:
    """`path` if it leads to a page of ours, else the first page."""
    return quote(path, safe="/?&=%:.~-_") if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"


def now_ms() -> int:
    """Milliseconds UTC."""
    return int(time.time() * 1000)
