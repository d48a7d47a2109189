"""Long work in short goes: between two of them the loop turns to whatever is more urgent.

What is urgent goes through the loop a dozen times, and each time waits for a go of every work that has begun. So works
that take turns have one go between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Good = TypeVar("Good")
Refused = TypeVar("Refused")


class Goes:
    """Works that take turns: the next begins when the one before is done."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def take(
        self, items: Sequence[T], in_a_go: int, take: Callable[[Sequence[T]], tuple[list[Good], list[Refused]]]
    ) -> tuple[list[Good], list[Refused]]:
        """What `take` makes of all items, asked for so many at a time, in their order."""
        good: list[Good] = []
        refused: list[Refused] = []
        async with self._turn:
            for start in range(0, len(items), in_a_go):
                if start:
                    await asyncio.sleep(0)
                more, others = take(items[start : start + in_a_go])
                good += more
                refused += others
        return good, refused
