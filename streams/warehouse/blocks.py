"""Rows to blocks: lists of rows become columns, for Arrow or for the native protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from streams.warehouse.errors import WarehouseError
from streams.warehouse.port import Row
from streams.warehouse.tables import TABLES, Table

#: Rows a record batch: small enough that other threads get the interpreter lock in between (about 3 ms for events).
SLICE_ROWS = 2_000


def table_named(name: str) -> Table:
    """The layout of a table; raises `WarehouseError` for a name that is none of ours."""
    table = TABLES.get(name)
    if table is None:
        raise WarehouseError(f"{name!r} is no table of the warehouse; there are {', '.join(TABLES)}")
    return table


def columns_of(table: Table, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Rows turned into columns; raises `WarehouseError` when a row has more or fewer values than the table columns."""
    width = len(table.columns)
    try:
        columns = list(zip(*rows, strict=True))
    except ValueError:
        columns = []
    if len(columns) != width:
        number, row = next((number, row) for number, row in enumerate(rows) if len(row) != width)
        raise WarehouseError(f"{table.name}: row {number} has {len(row)} values, the table has {width} columns")
    return columns


def arrow_stream(table: Table, rows: Sequence[Row]) -> pa.Buffer:
    """An Arrow IPC stream of `rows`; raises `WarehouseError` naming the column whose value does not fit."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for start in range(0, len(rows), SLICE_ROWS):
            writer.write_batch(_batch(table, rows[start : start + SLICE_ROWS]))
    return sink.getvalue()


def _batch(table: Table, rows: Sequence[Row]) -> pa.RecordBatch:
    columns = columns_of(table, rows)
    arrays = [_array(table, field, values) for field, values in zip(table.schema, columns, strict=True)]
    return pa.record_batch(arrays, schema=table.schema)


def _array(table: Table, field: pa.Field, values: tuple[Any, ...]) -> pa.Array:
    try:
        array = pa.array(values, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # the message would show the value
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        raise WarehouseError(f"{table.name}.{field.name}: a value does not fit {field.type} (given: {kinds})") from None
    if array.null_count and not field.nullable:
        raise WarehouseError(f"{table.name}.{field.name}: None is no value of it")
    return array
