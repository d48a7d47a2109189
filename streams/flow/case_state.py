"""The state of casework in Kafka: the compacted topic `caseload`, one record per order and hand-over, by key.

What is forgotten is deleted by key, so the topic is as large as what is open, and what ended in the last weeks.
"""

from __future__ import annotations

import msgspec

from streams.core.acknowledgement import Pushed
from streams.core.case_record import Change, Mark, Place
from streams.core.caseload import Caseload
from streams.core.order_book import Entry
from streams.core.order_life import Refusal
from streams.flow.batches import Outgoing

_LIVE, _REPLAYED, _HAND_OVER, _REFUSED, _MARK = b"o", b"r", b"h", b"x", b"m"  # first byte of a key: what the record is
_encoder = msgspec.msgpack.Encoder()
_entries = msgspec.msgpack.Decoder(Entry)
_hand_overs = msgspec.msgpack.Decoder(Pushed)
_places = msgspec.msgpack.Decoder(Place)
_refusals = msgspec.msgpack.Decoder(Refusal)
_marks = msgspec.msgpack.Decoder(Mark)


def change_records(change: Change) -> list[Outgoing]:
    """Records that make a change durable; the mark is the first, for signals told twice are better than untold."""
    records: list[Outgoing] = [(_MARK, _encoder.encode(change.mark))]
    records += [
        ((_REPLAYED if replayed else _LIVE) + order_id.encode(), _encoder.encode(entry) if entry else None)
        for (order_id, replayed), entry in change.orders.items()
    ]
    records += [
        (_HAND_OVER + _encoder.encode(identity), _encoder.encode(pushed) if pushed else None)
        for identity, pushed in change.hand_overs.items()
    ]
    records += [
        (_REFUSED + _encoder.encode(place), _encoder.encode(refusal) if refusal else None)
        for place, refusal in change.refusals.items()
    ]
    return records


class CaseLog:
    """What the state topic says, while it is read: the latest of each, in order of first mention."""

    def __init__(self) -> None:
        self._latest: dict[bytes, bytes] = {}

    def read(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record."""
        if not key:
            return
        if value is None:
            self._latest.pop(key, None)
        else:
            self._latest[key] = value

    def value(self, key: bytes) -> bytes | None:
        """The latest value of a key, None where there is none."""
        return self._latest.get(key)

    def restore(self, caseload: Caseload) -> None:
        """Put everything into an empty caseload."""
        kept: dict[bytes, list[bytes]] = {_LIVE: [], _REPLAYED: [], _HAND_OVER: [], _REFUSED: [], _MARK: []}
        for key, value in self._latest.items():
            kept[key[:1]].append(value)
        refused = {_places.decode(key[1:]): _refusals.decode(value)
                   for key, value in self._latest.items() if key[:1] == _REFUSED}  # fmt: skip
        mark = _marks.decode(kept[_MARK][0]) if kept[_MARK] else Mark()
        caseload.restore(
            map(_entries.decode, kept[_LIVE]), map(_entries.decode, kept[_REPLAYED]),
            map(_hand_overs.decode, kept[_HAND_OVER]), refused, mark,
        )  # fmt: skip
