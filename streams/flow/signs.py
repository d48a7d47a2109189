"""Signs: what presence lives on, on the topic `signs`, by county: all-clears of grids, and beats of those who read.

A record is MessagePack, a chunk's worth. A grid's all-clear is told once a day by each worker: the rest adds nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from streams.core.pulse import Beat
from streams.flow.batches import Outgoing
from streams.flow.topics import partition_of

Clear = tuple[str, int]  # code of a grid or micro-grid, ms UTC


class Sign(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One record of the topic."""

    clears: tuple[Clear, ...] = ()
    beats: tuple[Beat, ...] = ()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Sign)


def clear_records(clears: Iterable[Clear], partitions: int) -> Mapping[int, list[Outgoing]]:
    """Records of all-clears, by the partition of their counties."""
    groups: dict[int, list[Clear]] = defaultdict(list)
    for clear in clears:
        groups[partition_of(clear[0], partitions)].append(clear)
    return {partition: [(None, _encoder.encode(Sign(clears=tuple(group))))] for partition, group in groups.items()}


def beat_records(beats: Iterable[Beat], partitions: int) -> Mapping[int, list[Outgoing]]:
    """The same beats for every partition: each judges by itself."""
    record: Outgoing = (None, _encoder.encode(Sign(beats=tuple(beats))))
    return {partition: [record] for partition in range(partitions)}


def decode_sign(value: bytes) -> Sign:
    """Raises msgspec.DecodeError on what is no sign."""
    return _decoder.decode(value)
