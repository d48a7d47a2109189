"""Convoys: what must be sent in order, one send after the other, goes together with all that waits for the same.

So a send that takes its time makes the next one larger, and not the ones after it later.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Convoy(Generic[T]):
    """Of one order: a partition's state, say."""

    def __init__(self, send: Callable[[Sequence[T]], Awaitable[None]], room: int) -> None:
        """`send` is never called again before it has returned; a call has items of `room` at most, or a single one."""
        self._send = send
        self._room = room
        self._waiting: deque[tuple[T, int, asyncio.Future[None]]] = deque()
        self._going: asyncio.Task[None] | None = None

    def put(self, item: T, size: int) -> asyncio.Future[None]:
        """Send it after all that were put before; done when `send` has returned, with what that raised."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, size, sent))
        if self._going is None:
            self._going = asyncio.create_task(self._go())
        return sent

    async def _go(self) -> None:
        try:
            while self._waiting:
                await self._send_some()
        finally:
            self._going = None

    async def _send_some(self) -> None:
        items, sents = self._next()
        try:
            await self._send(items)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            for sent in sents:
                if not sent.done():
                    sent.set_exception(error)
        else:
            for sent in sents:
                if not sent.done():
                    sent.set_result(None)

    def _next(self) -> tuple[list[T], list[asyncio.Future[None]]]:
        items: list[T] = []
        sents: list[asyncio.Future[None]] = []
        left = self._room
        while self._waiting and (not items or self._waiting[0][1] <= left):
            item, size, sent = self._waiting.popleft()
            items.append(item)
            sents.append(sent)
            left -= size
        return items, sents
