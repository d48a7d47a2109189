"""The ledger: rows on their way to ClickHouse, a chunk's worth per record: MessagePack {table: packed rows}."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from streams.flow.batches import MAX_BATCH_BYTES, Outgoing
from streams.flow.publisher import Publisher
from streams.flow.topics import LEDGER
from streams.warehouse.packed import Packed, join, pack
from streams.warehouse.tables import TABLES

Rows = Mapping[str, Sequence[Sequence[Any]]]
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(dict[str, Packed])


def encode_rows(rows: Rows) -> list[Outgoing]:
    """Ledger records for the rows of a chunk: one, or more where one would be too large for Kafka."""
    data = _encoder.encode({table: pack(TABLES[table], part) for table, part in rows.items() if part})
    if len(data) < MAX_BATCH_BYTES // 2 or sum(map(len, rows.values())) == 1:
        return [(None, data)]
    halves = [{t: part[: len(part) // 2] for t, part in rows.items()}, {t: p[len(p) // 2 :] for t, p in rows.items()}]
    return [record for half in halves if any(half.values()) for record in encode_rows(half)]


def decode_rows(values: Iterable[bytes]) -> dict[str, Packed]:
    """The rows of several ledger records, joined by table."""
    parts: dict[str, list[Packed]] = defaultdict(list)
    for value in values:
        for table, packed in _decoder.decode(value).items():
            parts[table].append(packed)
    return {table: join(blocks) for table, blocks in parts.items()}


async def send_rows(publisher: Publisher, partition: int, rows: Rows) -> None:
    """Send the rows of a chunk to the ledger; returns when the broker has confirmed them."""
    if any(rows.values()):
        await publisher.send(LEDGER, partition, encode_rows(rows))
