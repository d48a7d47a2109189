"""Dead letters: records of a feed that could not become an event, with reason, position and a scrubbed preview.

The record itself stays in its feed's topic; a dead letter only points at it, so it never holds what was refused in
plain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from aiokafka import ConsumerRecord
from msgspec import Meta, MsgspecError, Struct, json

from streams.core.scrub import scrub
from streams.errors import RefusedError
from streams.flow.topics import SOURCE_TOPICS

REASONS = frozenset({
    "bad_row", "bad_time", "bad_value", "internal_error", "missing_field", "outside_city", "push_refused",
    "push_undelivered", "too_large", "undecodable", "unknown_area", "unknown_schema", "wrong_schema",
    # of answers: see streams/core/order_life.py and streams/core/acknowledgement.py
    "acknowledged_before", "after_due", "asked_already", "bad_limit", "caller_not_reached", "incomplete", "into_itself",
    "not_allowed", "not_asked", "not_suspended", "not_the_unit", "out_of_order", "own_work", "same_unit", "suspended",
    "unknown_hand_over", "unknown_item", "unknown_order", "unknown_unit",
})  # fmt: skip
PUSHED = "orders"  # stands for the feed in the letter of an order that a unit's endpoint never took
#: Of these nothing is shown, whatever they hold.
PERSONAL_FIELDS = frozenset({"by", "caller", "caller_phone", "to_unit", "worker"})
PREVIEW_CHARS = 200
_LONG_NUMBER = re.compile(r"\d{7,}")
DETAIL_CHARS = 300
_READ_CHARS = 20 * PREVIEW_CHARS  # scrubbing shortens, and what the cut leaves of a number is not recognised as one
_LATEST_MS = 4_102_444_800_000  # 2100-01-01 UTC
REFUSED_HEADER = "sanwang-refused"  # set by a door that could not make a record; its value is a `Refusal` as JSON


class Refusal(Struct, frozen=True):
    """Why a door (a file's replay) could not make a record of what it read, and where that stands."""

    reason: str  # one of REASONS
    detail: str
    file: Annotated[str, Meta(max_length=255)] = ""
    line: Annotated[int, Meta(ge=0, lt=2**32)] = 0


class DeadLetter(Struct, frozen=True):
    """One refused record; fields as in schemas/DeadLetter.avsc."""

    log_id: str
    feed: str  # as the account names it: hotline, police, grid, allclears, order_updates, hand_over_acks; or PUSHED
    source_partition: int
    source_offset: int
    reason: str
    detail: str
    preview: str
    file: str | None
    line: int | None
    received_at: int


def dead_letter(
    log_id: str, record: ConsumerRecord, error: RefusedError, decoded: Mapping[str, object] | None = None
) -> DeadLetter:
    """The dead letter of a record that our own intake refused; `decoded` are its fields where it got so far."""
    preview = _without_long_numbers(preview_of(record.value)) if decoded is None else preview_of_fields(decoded)
    return _letter(log_id, record, Refusal(error.reason, error.detail), preview)


def push_letter(log_id: str, record: ConsumerRecord, reason: str, detail: str) -> DeadLetter:
    """The dead letter of an order that could not be pushed; the order itself stays in its topic."""
    return DeadLetter(
        log_id, PUSHED, record.partition, record.offset, reason, detail[:DETAIL_CHARS], "", None, None,
        received_at(record),
    )  # fmt: skip


def refused_at_a_door(log_id: str, record: ConsumerRecord) -> DeadLetter | None:
    """The dead letter of a record that a door refused and sent on as such; None for an ordinary record.

    Raises RefusedError("undecodable") when the header that says so cannot be read.
    """
    for name, value in record.headers:
        if name == REFUSED_HEADER:
            return _letter(log_id, record, _refusal(value), preview_of(record.value))
    return None


def _refusal(header: bytes | None) -> Refusal:
    try:
        refusal = json.decode(header or b"", type=Refusal)
    except (MsgspecError, UnicodeDecodeError):
        refusal = None
    if refusal is None or refusal.reason not in REASONS:
        raise RefusedError("undecodable", f"the header {REFUSED_HEADER} holds no refusal")
    return refusal


def _letter(log_id: str, record: ConsumerRecord, why: Refusal, preview: str) -> DeadLetter:
    return DeadLetter(
        log_id, SOURCE_TOPICS[record.topic], record.partition, record.offset, why.reason,
        scrub(why.detail[:_READ_CHARS])[:DETAIL_CHARS], preview, why.file or None, why.line or None,
        received_at(record),
    )


def received_at(record: ConsumerRecord) -> int:
    """When the broker took a record, ms UTC. Producers may set it: what no clock shows is moved into 1970 to 2100."""
    return between_years(int(record.timestamp))


def between_years(at: int) -> int:
    """A time in ms UTC, moved into the years 1970 to 2100."""
    return min(max(at, 0), _LATEST_MS)


def _without_long_numbers(preview: str) -> str:
    """The preview of broken bytes, in which a caller's number may run into the number beside it and look like none."""
    return _LONG_NUMBER.sub("[号码]", preview)


def preview_of(data: bytes | None) -> str:
    """Readable beginning of a record: its text where it is UTF-8, scrubbed of personal data; other bytes as dots."""
    return _shown((data or b"")[:_READ_CHARS].decode("utf-8", errors="replace"))


def preview_of_fields(decoded: Mapping[str, Any]) -> str:
    """The fields of a record that could be decoded, scrubbed, without those that say who called."""
    told = {name: str(value)[:_READ_CHARS] for name, value in decoded.items() if name not in PERSONAL_FIELDS}
    return _shown(", ".join(f"{name}={text}" for name, text in told.items() if text not in ("", "None", "[]")))


def _shown(text: str) -> str:
    return scrub("".join(c if c.isprintable() and c != "\ufffd" else "·" for c in text[:_READ_CHARS]))[:PREVIEW_CHARS]
