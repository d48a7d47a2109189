"""The writer: ledger batches of many partitions become one block a table, at most some twice a second.

Small blocks are what ClickHouse bears worst, so after each block the engine has a rest, in which the next one gathers;
what comes after a longer silence is written at once. Blocks are inserted in a thread of the writer's own, and whoever
wrote a batch waits until its rows are durable: only then may it be acknowledged. While ClickHouse is away nothing is
lost and nothing grows: the block is tried again, and past `capacity` rows writers wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import structlog

from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.packed import Packed, join
from streams.warehouse.port import Warehouse

#: Table name to packed rows.
Batch = Mapping[str, Packed]

log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Who is told about inserts (metrics)."""

    def on_insert(self, table: str, rows: int, seconds: float) -> None:
        """A block is durable; `seconds` is what the insert took."""

    def on_failure(self, table: str) -> None:
        """An insert failed: it will be tried again, or its batch was refused."""


class Pace(NamedTuple):
    """How the writer gathers and how patient it is; seconds and rows."""

    company: float = 0.02  # a block waits this long for more rows at least: partitions' batches come one by one
    rest: float = 0.4  # and this long since the last block, for eight tables are inserted into each time;
    longest_rest: float = 1.2  # where the machine is busy twice as long as the last block took, up to this,
    block_rows: int = 20_000  # unless it has so many
    capacity: int = 100_000  # rows that may wait in memory
    first_delay: float = 0.1  # before the second try, doubled for each further one
    longest_delay: float = 5.0
    farewell: float = 5.0  # how long `close` tries to write what is left

    def rest_after(self, took: float) -> float:
        """How long the engine rests after a block that took so long: the busier it is the larger are its blocks."""
        return max(self.rest, min(2 * took, self.longest_rest))


USUAL_PACE = Pace()


class _Waiting:
    """One batch and the future of whoever wrote it."""

    __slots__ = ("batch", "done", "rows")

    def __init__(self, batch: Batch, rows: int, done: asyncio.Future[None]) -> None:
        self.batch = batch
        self.rows = rows
        self.done = done

    def settle(self, error: Exception | None = None) -> None:
        if self.done.done():  # its writer was cancelled, or one table of it was refused
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class Writer:
    """Writes batches to a warehouse; use as an async context, in one event loop."""

    def __init__(self, warehouse: Warehouse, observer: Observer, pace: Pace = USUAL_PACE) -> None:
        self._warehouse = warehouse
        self._observer = observer
        self._pace = pace
        self._gathered: list[_Waiting] = []
        self._gathered_rows = 0
        self._held_rows = 0  # gathered and in flight
        self._rested_at = 0.0  # loop's time until which the engine rests
        self._changed = asyncio.Condition()
        self._closing = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warehouse-writer")
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="warehouse-writer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def held_rows(self) -> int:
        """Rows in memory that are not durable yet."""
        return self._held_rows

    async def write(self, batch: Batch) -> None:
        """Return when all rows of `batch` are durable.

        Raises `WarehouseError` when the warehouse refuses one of its rows (other batches are not affected) and
        `WarehouseUnavailable` when the writer is closed before they were written.
        """
        rows = sum(map(len, batch.values()))
        if not rows:
            return
        async with self._changed:
            await self._changed.wait_for(lambda: self._closing.is_set() or self._has_room(rows))
            if self._closing.is_set():
                raise WarehouseUnavailable("the warehouse writer is closed")
            waiting = _Waiting(batch, rows, asyncio.get_running_loop().create_future())
            self._gathered.append(waiting)
            self._gathered_rows += rows
            self._held_rows += rows
            self._changed.notify_all()
        await waiting.done

    async def close(self) -> None:
        """Write what is left if the warehouse takes it in time, and stop; batches that are left over are told."""
        self._closing.set()
        async with self._changed:
            self._changed.notify_all()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._pace.farewell)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        _settle(self._take(), WarehouseUnavailable("the warehouse writer was closed before these rows were written"))
        await asyncio.to_thread(self._thread.shutdown)  # an insert that is under way ends first

    def _has_room(self, rows: int) -> bool:
        return self._held_rows == 0 or self._held_rows + rows <= self._pace.capacity

    async def _run(self) -> None:
        while await self._gather():
            block, begun = self._take(), asyncio.get_running_loop().time()
            try:
                await self._insert_block(block)
            except asyncio.CancelledError:
                _settle(block, WarehouseUnavailable("the warehouse did not take these rows before the writer closed"))
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                _settle(block, error)
            ended = asyncio.get_running_loop().time()
            self._rested_at = ended + self._pace.rest_after(ended - begun)
            async with self._changed:
                self._held_rows -= sum(waiting.rows for waiting in block)
                self._changed.notify_all()

    async def _gather(self) -> bool:
        """Wait for a block; False when there is none and the writer closes."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closing.is_set() or self._gathered_rows > 0)
            with suppress(TimeoutError):
                now = asyncio.get_running_loop().time()
                async with asyncio.timeout_at(max(now + self._pace.company, self._rested_at)):
                    await self._changed.wait_for(self._is_block)
        return self._gathered_rows > 0

    def _is_block(self) -> bool:
        return self._closing.is_set() or self._gathered_rows >= self._pace.block_rows

    def _take(self) -> list[_Waiting]:
        block, self._gathered, self._gathered_rows = self._gathered, [], 0
        return block

    async def _insert_block(self, block: list[_Waiting]) -> None:
        for table in sorted({table for waiting in block for table in waiting.batch}):
            sharing = [waiting for waiting in block if waiting.batch.get(table)]
            try:
                await self._insert(table, join(waiting.batch[table] for waiting in sharing))
            except WarehouseError:
                await self._insert_apart(table, sharing)
        _settle(block)

    async def _insert_apart(self, table: str, sharing: list[_Waiting]) -> None:
        """One batch has a row that is refused: write them one by one, so that only this batch fails."""
        for waiting in sharing:
            try:
                await self._insert(table, waiting.batch[table])
            except WarehouseError as error:
                waiting.settle(error)

    async def _insert(self, table: str, packed: Packed) -> None:
        loop = asyncio.get_running_loop()
        delay = self._pace.first_delay
        while True:
            begun = loop.time()
            try:
                await loop.run_in_executor(self._thread, self._warehouse.insert_packed, table, packed)
            except WarehouseUnavailable as error:
                self._observer.on_failure(table)
                log.warning("warehouse_unavailable", table=table, rows=packed.rows, retry_s=delay, error=str(error))
            except WarehouseError:
                self._observer.on_failure(table)
                raise
            else:
                self._observer.on_insert(table, packed.rows, loop.time() - begun)
                return
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._pace.longest_delay)


def _settle(block: list[_Waiting], error: Exception | None = None) -> None:
    for waiting in block:
        waiting.settle(error)
