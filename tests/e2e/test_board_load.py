"""Twenty open screens cost the engine what one costs."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

import psutil

from tests.support.board import COUNTY, RunningBoard
from tests.support.screens import open_screens
from tests.support.web import Web

LOOK_S = 8.0


class Cost(NamedTuple):
    """Of one look: a second's queries, and shares of a core."""

    queries: float
    engine: float
    board: float


async def cost_of(board: RunningBoard, screens: int) -> Cost:
    web = Web(board.url)
    web.sign_in("viewer", board.passwords["viewer"])
    engine, served = process_of("tests.support.planted", board), process_of("streams.cli", board)
    async with open_screens(web, screens, f"/area/{COUNTY}") as updates:
        await asyncio.sleep(3.0)
        before = await asyncio.to_thread(counted, board)
        cpu, began = (used(engine), used(served)), time.monotonic()
        await asyncio.sleep(LOOK_S)
        took = time.monotonic() - began
        spent = [now - then for now, then in zip((used(engine), used(served)), cpu, strict=True)]
        after = await asyncio.to_thread(counted, board)
    assert min(updates) > 0, "a screen heard nothing"
    return Cost((after - before) / took, spent[0] / took, spent[1] / took)


def counted(board: RunningBoard) -> int:
    """SELECTs that the engine has answered."""
    [(selects,)] = board.warehouse.query("SELECT value FROM system.events WHERE event = 'SelectQuery'")
    return int(selects)


def process_of(module: str, board: RunningBoard) -> psutil.Process:
    """Our own child that runs the module."""
    return next(one for one in psutil.Process().children() if module in one.cmdline())


def used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def test_twenty_screens_ask_the_engine_no_more_than_one(board: RunningBoard) -> None:
    one = await cost_of(board, 1)
    twenty = await cost_of(board, 20)
    print(f"one screen {one}\ntwenty screens {twenty}")
    assert one.queries > 1
    assert twenty.queries < 1.5 * one.queries
