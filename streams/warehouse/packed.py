"""Packed rows: the values of rows one after another in ClickHouse's MsgPack format, made once and never unpacked here.

Triage packs its rows, Kafka carries them, and the engine reads them as they are: no stage in between makes Python
objects of them. Only a server spoken to in the native protocol needs columns, see `columns_of_packed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from struct import pack as to_bytes
from typing import Any

import msgspec

from streams.warehouse.errors import WarehouseError
from streams.warehouse.tables import TABLES, Table

_ARRAY32 = 0xDD  # MessagePack's byte for an array with a 32-bit length
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Any])


class Packed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`rows` rows of one table."""

    rows: int
    data: bytes

    def __len__(self) -> int:
        return self.rows


def table_named(name: str) -> Table:
    """The layout of a table; raises `WarehouseError` for a name that is none of ours."""
    table = TABLES.get(name)
    if table is None:
        raise WarehouseError(f"{name!r} is no table of the warehouse; there are {', '.join(TABLES)}")
    return table


def pack(table: Table, rows: Sequence[Sequence[Any]]) -> Packed:
    """Pack rows; raises `WarehouseError` when one has more or fewer values than the table has columns."""
    values = list(chain.from_iterable(rows))
    if len(values) != len(rows) * len(table.columns):
        width = len(table.columns)
        number, row = next((number, row) for number, row in enumerate(rows) if len(row) != width)
        raise WarehouseError(f"{table.name}: row {number} has {len(row)} values, the table has {width} columns")
    data = _encoder.encode(values)
    return Packed(len(rows), data[_header_of(len(values)) :])


def join(parts: Iterable[Packed]) -> Packed:
    """Several packed blocks of one table as one."""
    blocks = list(parts)
    return Packed(sum(block.rows for block in blocks), b"".join(block.data for block in blocks))


def columns_of_packed(table: Table, packed: Packed) -> list[list[Any]]:
    """The values, column by column."""
    width = len(table.columns)
    values = _decoder.decode(to_bytes(">BI", _ARRAY32, packed.rows * width) + packed.data)
    return [values[column::width] for column in range(width)]


def _header_of(values: int) -> int:
    """Bytes that MessagePack spends on the head of an array, which ClickHouse's format does not have."""
    return 1 if values < 1 << 4 else 3 if values < 1 << 16 else 5
