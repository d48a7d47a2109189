"""ClickHouse in this process: chDB on a folder.

chDB has one engine a process and lets one process use a folder. A session is cheap (0.15 ms) but carries settings and
does one thing at a time, so each thread has its own for inserts and queries, and each raw statement gets a fresh one.
Inserts go in as MsgPack in a file in memory: the engine reads it without holding the interpreter lock.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from streams.warehouse.answer import ANSWER_FORMAT, rows_of
from streams.warehouse.errors import WarehouseError
from streams.warehouse.folder import claim
from streams.warehouse.packed import Packed, pack, table_named
from streams.warehouse.port import Row
from streams.warehouse.session import EngineSession
from streams.warehouse.tables import DATABASE

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})
#: A block is durable when its insert returns, and times come in a form that Python reads.
_SETTINGS = "SET async_insert = 0, date_time_output_format = 'iso', input_format_null_as_default = 0"


class EmbeddedWarehouse:
    """A warehouse in `folder`, which belongs to this object until `close`.

    Raises `FolderInUse` when another process holds it, `WarehouseError` when this process has one open elsewhere, and
    `WarehouseUnavailable` when it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        if "?" in str(self.folder):  # chDB would read settings from there on
            raise WarehouseError(f"the warehouse folder {self.folder} has a question mark in its name")
        self.claim = claim(self.folder)
        self._mine = threading.local()
        self._sessions: set[EngineSession] = set()
        self._guard = threading.Lock()
        try:
            self._session().ask(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
        except BaseException:
            self.close()
            raise

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """See `Warehouse.insert`."""
        self.insert_packed(table, pack(table_named(table), rows))

    def insert_packed(self, table: str, packed: Packed) -> None:
        """See `Warehouse.insert_packed`."""
        layout = table_named(table)
        if packed.rows:
            self._session().insert(layout.insert, "MsgPack", packed.data, table)

    def query(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[tuple[Any, ...]]:
        """See `Warehouse.query`."""
        escaped = {name: str(value).translate(_ESCAPES) for name, value in (params or {}).items()}
        return rows_of(self._session().ask(sql, ANSWER_FORMAT, escaped))

    def raw(self, sql: str, output_format: str) -> bytes:
        """See `Warehouse.raw`."""
        with self.session() as session:
            session.ask(f"USE {DATABASE}")
            return session.ask(sql, output_format)

    def execute(self, sql: str) -> None:
        """See `Warehouse.execute`."""
        self._session().ask(sql)

    def session(self) -> EngineSession:
        """A session of the caller's own, to be closed by the caller."""
        session = EngineSession(self.folder, self._forget)
        with self._guard:
            self._sessions.add(session)
        return session

    def close(self) -> None:
        """See `Warehouse.close`."""
        with self._guard:
            sessions = list(self._sessions)
        for session in sessions:
            session.close()
        self.claim.release()

    def _session(self) -> EngineSession:
        session: EngineSession | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = self.session()
            session.ask(_SETTINGS)
        return session

    def _forget(self, session: EngineSession) -> None:
        with self._guard:
            self._sessions.discard(session)
