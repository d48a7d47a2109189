"""One poll loop for each set of figures that somebody looks at, shared by all who do.

However many screens are open, and whatever they show, one query runs at a time, and after each the engine is left alone
for as long as the query took: the board takes at most half of one of the engine's cores. With one area on all screens
each loop keeps its period; with many areas, or a slow engine, each becomes rarer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any

import structlog

from streams.errors import SanwangError

_LINGER_S = 5.0  # a loop that nobody watches goes on for so long: somebody may just be turning the page
log = structlog.get_logger(__name__)


class Loop:
    """Asks again and again, and tells those who watch. `latest` is None until the first answer."""

    def __init__(self, ask: Callable[[], Any], gate: asyncio.Lock, period_s: float) -> None:
        self._ask, self._gate, self._period_s = ask, gate, period_s
        self._watchers: set[Callable[[Loop], None]] = set()
        self._drawn: dict[Hashable, Any] = {}
        self._quiet_since = time.monotonic()
        self.latest: Any = None
        self.fault = ""  # why the latest try had no answer
        self.asked = 0

    def watch(self, watcher: Callable[[Loop], None]) -> None:
        """Tell `watcher` of every answer and every failure."""
        self._watchers.add(watcher)

    def leave(self, watcher: Callable[[Loop], None]) -> None:
        """Tell it no more."""
        self._watchers.discard(watcher)
        self._quiet_since = time.monotonic()

    def drawn(self, key: Hashable, draw: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - whatever `draw` makes
        """`draw(latest)`, done once for all who show the same."""
        if key not in self._drawn:
            self._drawn[key] = draw(self.latest)
        return self._drawn[key]

    @property
    def unwatched(self) -> bool:
        """Has nobody watched for a while?"""
        return not self._watchers and time.monotonic() - self._quiet_since > _LINGER_S

    async def once(self) -> None:
        """Ask once, tell at once, and leave the engine alone for as long as it took."""
        async with self._gate:
            began = time.monotonic()
            try:
                self.latest, self.fault = await asyncio.to_thread(self._ask), ""
            except SanwangError as error:
                log.warning("no figures", error=str(error))
                self.fault = str(error)
            except Exception as error:
                log.exception("figures cannot be worked out")
                self.fault = repr(error)
            self.asked += 1
            took = time.monotonic() - began
            self._drawn.clear()
            for watcher in tuple(self._watchers):
                watcher(self)
            await asyncio.sleep(took)

    async def run(self) -> None:
        """Ask until nobody watches."""
        while not self.unwatched:
            began = time.monotonic()
            await self.once()
            await asyncio.sleep(max(0.0, self._period_s - (time.monotonic() - began)))


class Live:
    """All loops that run."""

    def __init__(self) -> None:
        self._gate = asyncio.Lock()
        self._loops: dict[Hashable, Loop] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def loop(self, key: Hashable, ask: Callable[[], Any], period_s: float) -> Loop:
        """The loop of that key, started if there is none."""
        if key not in self._loops:
            loop = self._loops[key] = Loop(ask, self._gate, period_s)
            task = asyncio.create_task(self._run(key, loop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._loops[key]

    async def _run(self, key: Hashable, loop: Loop) -> None:
        try:
            await loop.run()
        finally:
            del self._loops[key]

    async def stop(self) -> None:
        """End all loops."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
