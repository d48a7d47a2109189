"""Acknowledgements of hand-overs between 12345 and 110: which records the other line has taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from msgspec import Struct
from msgspec.structs import replace

from streams.core.deadline import SECOND
from streams.core.handover import HandOver, Line, Reason, acknowledge
from streams.core.order_life import Refusal
from streams.core.order_update import MAX_CODE, text_of, time_of
from streams.errors import RefusedError

Identity = tuple[str, str, str, str]  # incident, from line, to line, reason


class Ack(Struct, frozen=True, array_like=True, gc=False):
    """The other line's word that it has taken a record."""

    number: str  # the source's own number, unique: the same number again is the same acknowledgement
    incident_id: str
    from_line: Line
    to_line: Line
    reason: Reason
    at: int  # ms UTC, as the source says
    partition: int = 0  # position of the record in its topic: told again from there, it is the same record
    offset: int = 0

    @property
    def identity(self) -> Identity:
        """Of the record that is acknowledged."""
        return (self.incident_id, self.from_line, self.to_line, self.reason)


class Pushed(Struct, frozen=True, array_like=True, gc=False):
    """A record that was pushed across, and who acknowledged it."""

    record: HandOver
    opened_at: int  # ms UTC, of the incident
    kept_from: int  # ms UTC, when it was really pushed, also where it belongs to history fed in again
    ack: Ack | None = None

    @property
    def identity(self) -> Identity:
        """Of the record, whether it is acknowledged or not."""
        record = self.record
        return (record.incident_id, record.from_line, record.to_line, record.reason)


def read_ack(record: Mapping[str, object], partition: int = 0, offset: int = 0) -> Ack:
    """The acknowledgement in a decoded `HandOverAck` record that stands at `partition` and `offset` of its topic.

    Raises RefusedError: "missing_field", "bad_value" for an unknown line or reason, "bad_time".
    """
    number, incident_id = text_of(record, "number"), text_of(record, "incident_id")
    for name, value in (("number", number), ("incident_id", incident_id)):
        if not value:
            raise RefusedError("missing_field", f"{name} is empty")
        if len(value) > MAX_CODE:
            raise RefusedError("bad_value", f"{name} has {len(value)} characters, at most {MAX_CODE}")
    words = [_word(record, name, of) for name, of in (("from_line", Line), ("to_line", Line), ("reason", Reason))]
    source, target, reason = words
    at = time_of(record, "ack_time")
    lines = cast("Line", source), cast("Line", target)
    return Ack(number, incident_id, *lines, cast("Reason", reason), at, partition, offset)


def take(pushed: Pushed | None, ack: Ack, now: int, early_ms: int) -> Pushed | Refusal:
    """The record as acknowledged, or why not: "unknown_hand_over", "acknowledged_before", "bad_time".

    `now` (ms UTC) and `early_ms` bound how far ahead the source's clock may be.
    """
    if pushed is None:
        return Refusal("unknown_hand_over", f"{ack.incident_id}: no such record was pushed from {ack.from_line}")
    record = pushed.record
    if record.acknowledged_at is not None:
        return Refusal("acknowledged_before", f"{ack.incident_id}: {ack.to_line} has acknowledged this record before")
    if not record.pushed_at // SECOND * SECOND <= ack.at <= now + early_ms:
        return Refusal("bad_time", f"acknowledged {(ack.at - record.pushed_at) // SECOND:+} s after the push")
    return replace(pushed, record=acknowledge(record, ack.at), ack=ack)


def _word(record: Mapping[str, object], name: str, of: object) -> str:
    word = text_of(record, name)
    if word not in get_args(of):
        words = ", ".join(get_args(of))
        raise RefusedError("bad_value", f"{name}: unknown word of {len(word)} characters; one of {words}")
    return word
