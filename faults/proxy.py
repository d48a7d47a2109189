"""Loopback TCP links that can be frozen, cut and slowed: the network between a worker and what it needs."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

READ_BYTES = 1 << 18
LONGEST_HOLD_S = 5.0


class Link:
    """One port of ours that leads to a port of a server. All methods may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target: int) -> None:
        self.port = 0
        self._loop = loop
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self._factor = 1.0
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        """Let nothing through: connections stay, as when packets are dropped."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def cut(self) -> None:
        """Break all connections and take no new ones, as when the other side's machine is gone."""
        self._loop.call_soon_threadsafe(self._cut)

    def slow(self, factor: float) -> None:
        """Hold every answer back until it took `factor` times as long as it did."""
        self._factor = factor

    def heal(self) -> None:
        """As it was at first."""
        self._factor, self._refuses = 1.0, False
        self._loop.call_soon_threadsafe(self._flows.set)

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Break everything and listen no more."""
        self._server.close()
        self._cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cut(self) -> None:
        self._refuses = True
        for task in self._tasks:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._tasks.add(task)
        try:
            if not self._refuses:
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one side went away, or we were cut: the other side must see it
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        asked = [self._loop.time()]
        ways = {
            asyncio.create_task(self._pump(reader, back, asked, answers=False)),
            asyncio.create_task(self._pump(there, writer, asked, answers=True)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[float], *, answers: bool
    ) -> None:
        while data := await reader.read(READ_BYTES):
            if not answers:
                asked[0] = self._loop.time()
            elif self._factor > 1:
                took = self._loop.time() - asked[0]
                await asyncio.sleep(min(LONGEST_HOLD_S, took * (self._factor - 1)))
            await self._flows.wait()
            writer.write(data)
            await writer.drain()


class Links:
    """All links of a stack, in a thread of their own. Use as a context."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._links: list[Link] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for link in self._links:
            asyncio.run_coroutine_threadsafe(link.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def add(self, target: int) -> Link:
        """A link to a port of this machine, whether or not anything listens there yet."""
        link = Link(self._loop, target)
        opened: Future[None] = asyncio.run_coroutine_threadsafe(link.open(), self._loop)
        opened.result(10)
        self._links.append(link)
        return link
