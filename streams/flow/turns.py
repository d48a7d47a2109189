"""Turns: what is told of a partition keeps the order in which it was decided, though several chunks are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Self


class Turns:
    """Of one step, for all of its partitions."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Future[None]] = {}  # partition -> ends with the latest turn that was taken

    def take(self, partitions: Iterable[int]) -> Turn:
        """The turn after all that were taken of these partitions before."""
        mine = asyncio.get_running_loop().create_future()
        before = [self._last[partition] for partition in partitions if partition in self._last]
        self._last.update(dict.fromkeys(partitions, mine))
        return Turn(mine, [one for one in before if not one.done()])


class Turn:
    """One chunk's; as a context it ends with it, come or not."""

    def __init__(self, mine: asyncio.Future[None], before: list[asyncio.Future[None]]) -> None:
        self._mine = mine
        self._before = before

    async def come(self) -> None:
        """Wait until the turns before have ended."""
        for one in self._before:
            await asyncio.shield(one)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._mine.set_result(None)
