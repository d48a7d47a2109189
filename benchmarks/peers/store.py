"""ClickHouse for a peer: the pipeline's own writer and HTTP interface, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from benchmarks.corework import Rows, joined
from streams.config import ClickHouse
from streams.errors import SanwangError
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.http import HttpInterface
from streams.warehouse.migrate import migrate
from streams.warehouse.opening import embedded_folder, open_warehouse
from streams.warehouse.packed import Packed, pack
from streams.warehouse.tables import TABLES
from streams.warehouse.writer import Writer

UNDER_WAY = 16  # batches that are not durable yet, at most
BATCH_REPORTS = 1_000


def beside(settings: ClickHouse, name: str) -> Path:
    """A folder beside an embedded warehouse's, for what a peer leaves behind; it goes with the trial."""
    folder = embedded_folder(settings)
    if folder is None:
        raise SanwangError("a peer has an embedded warehouse")
    return folder.with_name(name)


class _Unobserved:
    """Nobody is told about inserts."""

    def on_insert(self, table: str, rows: int, seconds: float) -> None: ...

    def on_failure(self, table: str) -> None: ...


class Store:
    """Takes rows from one thread; they are inserted in blocks, as the pipeline's are."""

    def __init__(self, settings: ClickHouse) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._started: Future[Writer] = Future()
        self._under_way: deque[Future[None]] = deque()
        self._gathered: list[Rows] = []
        threading.Thread(target=self._run, daemon=True).start()
        self._writer = self._started.result(60)

    def add(self, rows: Rows) -> None:
        """Gather the rows of one report; writes when there are enough."""
        self._gathered.append(rows)
        if len(self._gathered) >= BATCH_REPORTS:
            self.write()

    def write(self) -> None:
        """Hand over what was gathered; waits only while too much is under way."""
        if not self._gathered:
            return
        rows, self._gathered = packed(joined(self._gathered)), []
        self._under_way.append(asyncio.run_coroutine_threadsafe(self._writer.write(rows), self._loop))
        while self._under_way and (len(self._under_way) > UNDER_WAY or self._under_way[0].done()):
            self._under_way.popleft().result()

    def flush(self) -> None:
        """Return when all rows given so far are durable."""
        self.write()
        while self._under_way:
            self._under_way.popleft().result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            writer = self._loop.run_until_complete(self._open())
        except BaseException as error:
            self._started.set_exception(error)
            raise
        self._started.set_result(writer)
        self._loop.run_forever()

    async def _open(self) -> Writer:
        warehouse: Any = open_warehouse(self._settings)
        migrate(warehouse)
        if isinstance(warehouse, EmbeddedWarehouse):
            await HttpInterface(warehouse).start(self._settings.http_port)
        return await Writer(warehouse, _Unobserved()).__aenter__()


def packed(rows: Rows) -> dict[str, Packed]:
    """Rows as the writer takes them."""
    return {table: pack(TABLES[table], part) for table, part in rows.items() if part}
