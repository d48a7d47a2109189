"""The loops behind the screens: shared, one at a time, half idle, and alive after failures."""

from __future__ import annotations

import asyncio
import threading
import time

from streams.board.live import Live, Loop
from streams.warehouse.errors import WarehouseUnavailable


class Engine:
    """Counts how many ask at once."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.asked, self.most, self._now = 0, 0, 0
        self._seconds, self._guard = seconds, threading.Lock()

    def ask(self) -> int:
        with self._guard:
            self.asked += 1
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._seconds)
        with self._guard:
            self._now -= 1
        return self.asked


async def test_all_screens_of_a_key_share_one_loop() -> None:
    live, engine, heard = Live(), Engine(), [0] * 20
    for number in range(20):
        def watcher(_: Loop, number: int = number) -> None:
            heard[number] += 1
        live.loop("county", engine.ask, 0.05).watch(watcher)
    await asyncio.sleep(0.5)
    await live.stop()
    assert min(heard) == max(heard) >= 3
    assert engine.asked <= 11


async def test_one_query_at_a_time_and_as_much_rest() -> None:
    live, engine = Live(), Engine()
    for key in range(30):
        live.loop(key, engine.ask, 0.0).watch(lambda _: None)
    began = time.monotonic()
    await asyncio.sleep(0.8)
    took = time.monotonic() - began
    await live.stop()
    assert engine.most == 1
    assert engine.asked * 0.02 <= 0.6 * took


async def test_what_all_show_is_drawn_once_for_each_answer() -> None:
    drawn: list[int] = []
    loop = Loop(lambda: 7, asyncio.Lock(), 1.0)
    await loop.once()

    def draw(value: int) -> str:
        drawn.append(value)
        return f"<b>{value}</b>"

    assert [loop.drawn(("tiles", "zh"), draw) for _ in range(20)] == ["<b>7</b>"] * 20
    assert drawn == [7]
    await loop.once()
    loop.drawn(("tiles", "zh"), draw)
    assert drawn == [7, 7]


async def test_a_failure_is_told_and_the_latest_answer_stays() -> None:
    answers = iter([1, None, 3])

    def ask() -> int:
        answer = next(answers)
        if answer is None:
            raise WarehouseUnavailable("gone")
        return answer

    loop, told = Loop(ask, asyncio.Lock(), 1.0), []
    loop.watch(lambda loop: told.append((loop.latest, loop.fault)))
    for _ in range(3):
        await loop.once()
    assert told == [(1, ""), (1, "gone"), (3, "")]


async def test_a_loop_ends_when_nobody_watches() -> None:
    live, engine = Live(), Engine()
    loop = live.loop("county", engine.ask, 0.01)
    watcher = lambda _: None  # noqa: E731 - to leave with
    loop.watch(watcher)
    await asyncio.sleep(0.1)
    loop.leave(watcher)
    loop._quiet_since -= 60  # a minute ago
    await asyncio.sleep(0.2)
    asked = engine.asked
    await asyncio.sleep(0.2)
    assert engine.asked == asked
    assert live.loop("county", engine.ask, 0.01) is not loop
    await live.stop()
