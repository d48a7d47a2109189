"""What a step keeps for each partition that it was assigned, rebuilt from a state topic in a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from streams.errors import SanwangError
from streams.flow.memory import return_freed

T = TypeVar("T")


class NotAssignedError(SanwangError):
    """The partition is not ours, or nobody has told us yet that it is."""


class Rebuilding(Generic[T]):
    """Partition -> what is kept for it."""

    def __init__(self, rebuild: Callable[[int], Awaitable[T]]) -> None:
        self._rebuild = rebuild
        self._tasks: dict[int, asyncio.Task[T]] = {}

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin to rebuild what belongs to newly assigned partitions."""
        for partition in set(partitions) - self._tasks.keys():
            self._tasks[partition] = asyncio.create_task(self._work(partition))

    def revoke(self, partitions: Iterable[int]) -> None:
        """Drop what belongs to partitions that another worker may have by now."""
        for partition in partitions:
            if task := self._tasks.pop(partition, None):
                task.cancel()

    def again(self, partitions: Iterable[int]) -> None:
        """Rebuild what may hold something that was not made durable; of partitions that are still ours."""
        ours = [partition for partition in partitions if partition in self._tasks]
        self.revoke(ours)
        self.assign(ours)

    async def get(self, partition: int) -> T:
        """What is kept for a partition, once it is rebuilt. Raises NotAssignedError."""
        task = self._tasks.get(partition)
        if task is None:
            raise NotAssignedError(f"partition {partition} is not assigned")
        return await asyncio.shield(task)

    def ready(self, partition: int) -> T | None:
        """What is kept for a partition if it is there now."""
        task = self._tasks.get(partition)
        return task.result() if task and _is_ready(task) else None

    @property
    def partitions(self) -> frozenset[int]:
        """Those that are assigned."""
        return frozenset(self._tasks)

    @property
    def failed(self) -> list[int]:
        """Partitions whose rebuilding came to nothing."""
        return [partition for partition, task in self._tasks.items() if task.done() and not _is_ready(task)]

    @property
    def complete(self) -> bool:
        """Is everything there that was assigned?"""
        return all(map(_is_ready, self._tasks.values()))

    async def _work(self, partition: int) -> T:
        rebuilt = await self._rebuild(partition)
        return_freed()
        return rebuilt


def _is_ready(task: asyncio.Task[T]) -> bool:
    return task.done() and not task.cancelled() and not task.exception()
