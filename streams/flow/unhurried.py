"""Long work in short goes: between two of them the loop turns to whatever is more urgent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

T = TypeVar("T")


async def unhurried(items: Sequence[T], in_a_go: int) -> AsyncIterator[Sequence[T]]:
    """The items in order, so many at a time, with a pause between."""
    for start in range(0, len(items), in_a_go):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + in_a_go]
