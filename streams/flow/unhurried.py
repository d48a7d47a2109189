"""Long work in short goes: between two of them the loop turns to whatever is more urgent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Good = TypeVar("Good")
Refused = TypeVar("Refused")


async def unhurried(items: Sequence[T], in_a_go: int) -> AsyncIterator[Sequence[T]]:
    """The items in order, so many at a time, with a pause between."""
    for start in range(0, len(items), in_a_go):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + in_a_go]


async def taken_in_goes(
    items: Sequence[T], in_a_go: int, take: Callable[[Sequence[T]], tuple[list[Good], list[Refused]]]
) -> tuple[list[Good], list[Refused]]:
    """What `take` makes of all items, asked for so many at a time."""
    good: list[Good] = []
    refused: list[Refused] = []
    async for some in unhurried(items, in_a_go):
        more, others = take(some)
        good += more
        refused += others
    return good, refused
