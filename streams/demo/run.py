"""`sanwang demo`: broker, worker and simulator from start to account."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from streams.city.city import City
from streams.city.load import load_city
from streams.config import Settings
from streams.demo.answering import PACE, Answering
from streams.demo.board import BoardProcess
from streams.demo.feed import feed
from streams.demo.screen import Screen
from streams.demo.setting import make_city, make_key, settings_of
from streams.demo.words import KEY_FILE, door_told, farewell, sanwang, welcome
from streams.demo.worker import Door, Worker, free_port
from streams.errors import SanwangError
from streams.flow.account import Account, account_table, verdict, wait_closed
from streams.flow.embedded import EmbeddedBroker
from streams.flow.topics import FEED_TOPICS
from streams.intake.pace import Pace
from streams.intake.sender import Sender
from streams.intake.simulator import Profile, Simulator, profile_named
from streams.intake.simulator.units import Units
from streams.warehouse.asking import Asking
from streams.wire.codec import Codec
from streams.wire.source import FileSource

READY_S, DRAIN_S, STOP_S = 60.0, 30.0, 15.0
POLL_S = 0.5
BROKER_PORT = 9092  # if it is free: where `sanwang replay` looks for a broker when it is told nothing
STOPPED_EARLY = 130  # as a shell reports a command that Ctrl-C ended
_SEED = 1
_PLAIN_WIDTH = 120  # where there is no terminal to ask


def run_demo(seconds: int | None, rate: float, profile: str, city: Path | None, data: Path) -> int:
    """Play a city's day, `rate` records a second (0: none), for `seconds` or until Ctrl-C; all is kept under `data`.

    Returns the exit status: 0 when the account closes. Raises SanwangError for a city, a profile or a place that cannot
    be used.
    """
    chosen = profile_named(profile)
    folder = city or data / "city"
    if not 0 <= rate < float("inf"):
        raise SanwangError(f"rate {rate:g} is no number of records a second")
    data.mkdir(parents=True, exist_ok=True)
    return asyncio.run(Demo(seconds, rate, chosen, folder, data, make=city is None).run())


class Demo:
    """One demo."""

    def __init__(
        self, seconds: int | None, rate: float, profile: Profile, folder: Path, data: Path, *, make: bool
    ) -> None:
        """`folder` is the city's, written if `make` and there is none."""
        self._seconds, self._rate, self._profile = seconds, rate, profile
        self._folder, self._data, self._make = folder, data, make
        self._console = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
        self._started_ms = int(time.time() * 1000)
        self._stop, self._hurry = asyncio.Event(), asyncio.Event()

    async def run(self) -> int:
        """The exit status."""
        self._catch_signals()
        async with AsyncExitStack() as stack:
            if self._make:
                await asyncio.to_thread(make_city, self._folder)
            broker = stack.enter_context(EmbeddedBroker(f"demo-{self._started_ms}", self._data, free_port(BROKER_PORT)))
            settings = settings_of(self._data, self._folder, broker.servers)
            make_key(settings, self._data / KEY_FILE)
            worker, door = Worker(settings, self._data / "worker.log"), Door(settings, self._data / "door.log")
            board = BoardProcess(settings, self._data / "board.log")
            for process in (worker, door, board):
                stack.callback(process.stop, STOP_S)
                process.start()  # by this thread: the board ends with it
            city = await asyncio.to_thread(load_city, self._folder)
            if not all([await self._ready(process) for process in (worker, door, board)]):
                self._say("Stopped before the worker was ready; nothing was sent.")
                return STOPPED_EARLY
            self._say(board.told(sanwang()))
            self._say(door_told(settings, self._data))
            return await self._play(worker, settings, city)

    async def _play(self, worker: Worker, settings: Settings, city: City) -> int:
        asking = Asking(settings.clickhouse)
        self._say(await asyncio.to_thread(welcome, settings, self._data, asking, city, self._started_ms))
        async with Sender(settings.kafka, tuple(FEED_TOPICS)) as sender:
            screen = Screen(self._console, worker, asking, sender.confirmed, self._started_ms)
            async with self._beside(screen.show(self._stop)), self._beside(self._answer(city, settings)):
                await self._feed(city, sender, worker)
        account = await self._drain(worker, settings)
        self._console.print(account_table(account))
        self._say(verdict(account))
        died = not worker.alive
        status = await asyncio.to_thread(worker.stop, STOP_S)
        self._say(farewell(settings, status, worker.last_words() if status or died else ""))
        return 0 if account.closed and not died else 1

    async def _feed(self, city: City, sender: Sender, worker: Worker) -> None:
        async with self._beside(self._end(worker)):
            try:
                if self._rate:
                    simulator = Simulator(city, _SEED, int(time.time() * 1000), self._profile, self._rate)
                    await feed(simulator, sender, Codec(FileSource()), Pace(1.0), self._stop)
                else:  # nothing is made up: the feeds are for files and systems of the user's own
                    await self._stop.wait()
            finally:
                self._stop.set()

    async def _answer(self, city: City, settings: Settings) -> None:
        """Units answer what they are sent, where anything is made up at all."""
        if self._rate:
            units = Units(city, _SEED, PACE)
            await Answering(settings.kafka, units, Codec(FileSource()), self._rate).run(self._stop)

    @asynccontextmanager
    async def _beside(self, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Do `work` while the body runs; when it fails, stop the demo and raise. It ends by itself after the body."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._stop_if_failed)
        try:
            yield
        finally:
            await task

    def _stop_if_failed(self, done: asyncio.Task[None]) -> None:
        if not done.cancelled() and done.exception():
            self._stop.set()

    async def _end(self, worker: Worker) -> None:
        """Set the stop when the time is up, or when the worker is no more."""
        ends = time.monotonic() + self._seconds if self._seconds is not None else float("inf")
        while worker.alive and time.monotonic() < ends:
            await _pause(self._stop, min(POLL_S, max(0.0, ends - time.monotonic())))
            if self._stop.is_set():
                return
        self._stop.set()

    async def _ready(self, worker: Worker) -> bool:
        """Whether the worker got ready before somebody stopped us; raises WorkerFailedError when it never will."""
        await asyncio.to_thread(worker.wait_ready, READY_S, self._stop.is_set)
        return not self._stop.is_set()

    async def _drain(self, worker: Worker, settings: Settings) -> Account:
        """The account when it closes; or as it stands after DRAIN_S, at a second Ctrl-C, or without a worker."""
        self._say("Feeds stopped; waiting until everything sent is in ClickHouse ...")
        given_up = lambda: self._hurry.is_set() or not worker.alive  # noqa: E731 - a condition, named
        return await asyncio.to_thread(wait_closed, settings, DRAIN_S, given_up)

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        (self._hurry if self._stop.is_set() else self._stop).set()


async def _pause(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
