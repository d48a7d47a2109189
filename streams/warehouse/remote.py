"""A warehouse behind an HTTP interface, for processes that own none and must not load the engine (some 280 MB).

A server's interface, or the one that the worker offers for the embedded engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from streams.config import ClickHouse
from streams.errors import SanwangError
from streams.warehouse.answer import ANSWER_FORMAT, named_rows_of, rows_of
from streams.warehouse.ask import HttpDoor
from streams.warehouse.errors import WarehouseError
from streams.warehouse.filling import filled
from streams.warehouse.packed import Packed
from streams.warehouse.port import Row
from streams.warehouse.tables import DATABASE

_LOOPBACK = "127.0.0.1"  # where the owner of an embedded warehouse answers
#: One thread of the engine a query, and an end to each: whoever asks must not slow whoever writes.
_MODEST = (
    " SETTINGS max_threads = 1, max_execution_time = 20, date_time_output_format = 'iso', "
    "output_format_json_quote_64bit_integers = 0"
)


class RemoteWarehouse:
    """Asks over HTTP. Raises as `Warehouse` does; the answer to times is aware datetimes."""

    def __init__(self, settings: ClickHouse) -> None:
        self._door = _door(settings)

    def query(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[tuple[Any, ...]]:
        """See `Warehouse.query`."""
        return rows_of(self._ask(sql, params))

    def rows(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[dict[str, Any]]:
        """Likewise, each row by the names of its columns."""
        return named_rows_of(self._ask(sql, params))

    def raw(self, sql: str, output_format: str) -> bytes:
        """See `Warehouse.raw`."""
        return self._door.ask(sql, output_format)

    def add(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows by the names of their columns, as one block; on return they are durable."""
        lines = b"\n".join(msgspec.json.encode(row) for row in rows).decode()
        self._door.ask(f"INSERT INTO {DATABASE}.{table} FORMAT JSONEachRow\n{lines}", ANSWER_FORMAT)

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Refused: the ledger's tables are the worker's."""
        raise SanwangError(f"{len(rows)} rows for {table}: only the worker writes")

    def insert_packed(self, table: str, packed: Packed) -> None:
        """Refused, likewise."""
        raise SanwangError(f"{packed.rows} rows for {table}: only the worker writes")

    def execute(self, sql: str) -> None:
        """Refused: changing is the worker's."""
        raise SanwangError(f"{sql[:40]!r}: only the worker writes")

    def close(self) -> None:
        """Nothing is held open."""

    def _ask(self, sql: str, params: Mapping[str, str | int] | None) -> bytes:
        return self._door.ask(filled(sql, params or {}) + _MODEST, ANSWER_FORMAT)


def _door(settings: ClickHouse) -> HttpDoor:
    if settings.url.startswith("embedded:"):
        return HttpDoor(_LOOPBACK, settings.http_port)
    parts = urlsplit(settings.url)
    if not parts.hostname:
        raise WarehouseError(f"{settings.url!r} is no warehouse: write clickhouse://USER@HOST:9000/{DATABASE}")
    user, password = unquote(parts.username or "default"), unquote(parts.password or "")
    if settings.password_file:
        try:
            password = Path(settings.password_file).read_text("utf-8").strip()
        except OSError as error:
            message = f"ClickHouse's password file {settings.password_file} cannot be read: {error.strerror}"
            raise SanwangError(message) from None
    return HttpDoor(parts.hostname, settings.http_port, user, password, secure=parts.scheme == "clickhouses")
