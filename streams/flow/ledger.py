"""The ledger: rows on their way to ClickHouse, a chunk's worth per record: MessagePack {table: [row, ...]}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from streams.flow.publisher import MAX_BATCH_BYTES, Outgoing, Publisher
from streams.flow.topics import LEDGER

Rows = Mapping[str, Sequence[Sequence[Any]]]
_decoder = msgspec.msgpack.Decoder(dict[str, list[list[Any]]])
_encoder = msgspec.msgpack.Encoder()


def encode_rows(rows: Rows) -> list[Outgoing]:
    """Ledger records for the rows of a chunk: one, or more where one would be too large for Kafka."""
    data = _encoder.encode(rows)
    if len(data) < MAX_BATCH_BYTES // 2:
        return [(None, data)]
    halves = [{t: part[: len(part) // 2] for t, part in rows.items()}, {t: p[len(p) // 2 :] for t, p in rows.items()}]
    if sum(map(len, rows.values())) == 1:
        return [(None, data)]
    return [record for half in halves if any(half.values()) for record in encode_rows(half)]


def decode_rows(values: Iterable[bytes]) -> dict[str, list[list[Any]]]:
    """The rows of several ledger records, joined by table."""
    joined: dict[str, list[list[Any]]] = {}
    for value in values:
        for table, rows in _decoder.decode(value).items():
            joined.setdefault(table, []).extend(rows)
    return joined


async def send_rows(publisher: Publisher, partition: int, rows: Rows) -> None:
    """Send the rows of a chunk to the ledger; returns when the broker has confirmed them."""
    if any(rows.values()):
        await publisher.send(LEDGER, partition, encode_rows(rows))
