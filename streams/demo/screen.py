"""The demo's screen: looks at the worker and at ClickHouse, and shows what it saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.live import Live

from streams.demo.scrape import snapshot
from streams.demo.table import History, View, board, line
from streams.demo.worker import Worker
from streams.errors import SanwangError
from streams.warehouse.asking import Asking

_LOOK_S, _LINE_S, _UNITS_S = 0.5, 3.0, 2.0
_TOP_UNITS = """
SELECT any(names.name), uniqExact(orders.order_id) AS given
FROM sanwang.orders LEFT JOIN sanwang.units AS names ON names.code = orders.unit
WHERE orders.received_at >= fromUnixTimestamp64Milli({since:Int64})
GROUP BY orders.unit ORDER BY given DESC LIMIT 8
"""


class Screen:
    """Shows one demo on a console: a live table on a terminal, a line now and then elsewhere."""

    def __init__(
        self, console: Console, worker: Worker, asking: Asking, confirmed: Mapping[str, int], since_ms: int
    ) -> None:
        """`confirmed` counts the records sent, by topic, while we look; orders count from `since_ms` (ms UTC)."""
        self._console, self._worker, self._asking, self._confirmed = console, worker, asking, confirmed
        self._since_ms, self._began = since_ms, time.monotonic()
        self._history = History()
        self._units: Sequence[tuple[str, int]] = ()
        self._units_at = 0.0
        self._ordered_at: float | None = None

    async def show(self, stop: asyncio.Event) -> None:
        """Show until `stop` is set, and once more."""
        if self._console.is_terminal:
            await self._live(stop)
        else:
            await self._lines(stop)
        if self._ordered_at is not None:
            self._console.print(f"The first order came within {self._ordered_at:.1f} s of the first report.")

    async def _live(self, stop: asyncio.Event) -> None:
        with Live(console=self._console, auto_refresh=False) as live:
            while not stop.is_set():
                live.update(board(await self._look(with_units=True)), refresh=True)
                await _pause(stop, _LOOK_S)
            live.update(board(await self._look(with_units=True)), refresh=True)

    async def _lines(self, stop: asyncio.Event) -> None:
        shown = time.monotonic()
        while not stop.is_set():
            view = await self._look(with_units=False)
            if time.monotonic() - shown >= _LINE_S:
                self._print(line(view))
                shown = time.monotonic()
            await _pause(stop, _LOOK_S)
        view = await self._look(with_units=True)
        self._print(line(view))
        if view.units:
            self._print("orders by unit: " + ", ".join(f"{name} {orders:,}" for name, orders in view.units))

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)

    async def _look(self, *, with_units: bool) -> View:
        elapsed = time.monotonic() - self._began
        text = await asyncio.to_thread(self._worker.metrics)
        if text:
            self._history.add(elapsed, snapshot(text))
        if self._ordered_at is None and self._history.last.orders:
            self._ordered_at = elapsed
        if with_units and time.monotonic() - self._units_at >= _UNITS_S:
            self._units = await asyncio.to_thread(self._top_units)
            self._units_at = time.monotonic()
        return View(elapsed, sum(self._confirmed.values()), self._history, self._units)

    def _top_units(self) -> Sequence[tuple[str, int]]:
        try:
            rows = self._asking.query(_TOP_UNITS, {"since": self._since_ms})
        except SanwangError:  # busy or gone: the figures of before are shown on
            return self._units
        return [(str(name), int(orders)) for name, orders in rows]


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
