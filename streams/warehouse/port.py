"""What every warehouse can do, whichever engine stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from streams.warehouse.packed import Packed

#: One row in the order of `streams.warehouse.tables`.
Row = Sequence[Any]


class Warehouse(Protocol):
    """A ClickHouse, embedded or a server. All methods block, and may be called from several threads at once.

    All raise `WarehouseError` for a statement or row that is wrong and `WarehouseUnavailable` when there is no answer
    now. Statements of the project name tables with their database, as in `sanwang.events`.
    """

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Insert `rows` into `table` as one block; on return they are durable. Inserting them twice does no harm."""

    def insert_packed(self, table: str, packed: Packed) -> None:
        """Insert packed rows into `table` as one block, as `insert` does."""

    def query(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT with `{name:Type}` parameters; times come as aware datetimes."""

    def raw(self, sql: str, output_format: str) -> bytes:
        """Answer of a statement in one of ClickHouse's formats, unless the statement names its own (FORMAT ...)."""

    def execute(self, sql: str) -> None:
        """Run one statement without an answer; not INSERT ... VALUES, whose rows go another way on the wire."""

    def close(self) -> None:
        """Let go of the engine; may be called twice."""
