"""A live page: panels whose HTML is drawn once for all screens that show the same, and sent where it changed."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from fastapi import Request
from nicegui import ui

from streams.board.hub import Hub
from streams.board.live import Loop
from streams.board.view import View


class Screen:
    """One open page; use as a context while its elements are made. Ends its watching when the browser is gone."""

    def __init__(
        self, hub: Hub, request: Request, view: View, title: str, area: str = "", *, at_area: bool = False
    ) -> None:
        self.view = view
        self._hub = hub
        self._client = ui.context.client
        self._leave: list[Callable[[], None]] = []
        lang = "zh-CN" if view.language == "zh" else "en"
        ui.page_title(f"{title} · {view.word('title')}")
        ui.add_head_html(
            '<link rel="icon" href="/static/mark.svg"><link rel="stylesheet" href="/static/board.css">'
            f'<script>document.documentElement.lang="{lang}"</script><script src="/static/board.js" defer></script>'
        )
        frame = hub.frame(request, view, area, at_area=at_area)
        ui.add_body_html(f'<script>document.body.classList.add("{view.light}")</script>{frame}')
        self._stale = ui.html("", sanitize=False).props('role="status"')

    def watch(self, loop: Loop, renew: Callable[[Loop], None]) -> None:
        """Call `renew` now and whenever the loop has asked."""

        def told(loop: Loop) -> None:
            if self._is_out():
                return
            self._say_if_stale(loop)
            renew(loop)

        loop.watch(told)
        self._leave.append(lambda: loop.leave(told))
        told(loop)

    def _say_if_stale(self, loop: Loop) -> None:
        text = f'<div class="stale">{self.view.word("no_answer")}</div>' if loop.fault else ""
        if self._stale.content != text:
            self._stale.content = text

    def _is_out(self) -> bool:
        """Has the account gone, or its role, area or password changed? Then the page ends and is asked for anew."""
        user = self.view.user
        if user is not None and self._hub.users.get(user.name) == user:
            return False
        self._left()
        self._client.run_javascript("location.reload()")
        return True

    def _left(self) -> None:
        for leave in self._leave:
            leave()
        self._leave.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.on_delete(self._left)


class Panel:
    """One part of a screen, out of one loop."""

    def __init__(
        self, screen: Screen, loop: Loop, name: str, draw: Callable[[Any], str], classes: str, first: str = ""
    ) -> None:
        """`first` is shown until the loop has an answer."""
        self._key = (name, screen.view.language)
        self._draw = draw
        self._html = ui.html(first, sanitize=False, tag="section").classes(classes).props("data-live")
        screen.watch(loop, self._renew)

    def _renew(self, loop: Loop) -> None:
        if loop.latest is not None:
            html = loop.drawn(self._key, self._draw)
            if html != self._html.content:
                self._html.content = html
