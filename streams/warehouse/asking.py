"""ClickHouse for somebody who only asks: through the process that owns the warehouse, or its folder at rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streams.config import ClickHouse
from streams.errors import SanwangError
from streams.warehouse.answer import ANSWER_FORMAT, rows_of
from streams.warehouse.filling import filled
from streams.warehouse.packed import Packed
from streams.warehouse.port import Row
from streams.warehouse.select import select


class Asking:
    """A `Warehouse` that is never written to."""

    def __init__(self, settings: ClickHouse) -> None:
        self._settings = settings

    def query(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT; raises `WarehouseError` and `WarehouseUnavailable` as the warehouse does."""
        return rows_of(select(self._settings, filled(sql, params or {}), ANSWER_FORMAT))

    def raw(self, sql: str, output_format: str) -> bytes:
        """Answer of a statement in one of ClickHouse's formats."""
        return select(self._settings, sql, output_format)

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Refused: writing is the worker's."""
        raise SanwangError(f"{len(rows)} rows for {table}: only the worker writes")

    def insert_packed(self, table: str, packed: Packed) -> None:
        """Refused: writing is the worker's."""
        raise SanwangError(f"{packed.rows} rows for {table}: only the worker writes")

    def execute(self, sql: str) -> None:
        """Refused: changing is the worker's."""
        raise SanwangError(f"{sql[:40]!r}: only the worker writes")

    def close(self) -> None:
        """Nothing is held open."""
