"""Dead letters: records of a feed that could not become an event, with reason, position and a scrubbed preview.

The record itself stays in its feed's topic; a dead letter only points at it, so it never holds what was refused in
plain.
"""

from __future__ import annotations

from aiokafka import ConsumerRecord
from msgspec import Struct, json

from streams.core.scrub import scrub
from streams.errors import RefusedError
from streams.flow.topics import FEED_TOPICS

PREVIEW_CHARS = 200
REFUSED_HEADER = "sanwang-refused"  # set by a door that could not make a record; its value is a `Refusal` as JSON


class Refusal(Struct, frozen=True):
    """Why a door (a file's replay) could not make a record of what it read, and where that stands."""

    reason: str
    detail: str
    file: str = ""
    line: int = 0


class DeadLetter(Struct, frozen=True):
    """One refused record; fields as in schemas/DeadLetter.avsc."""

    log_id: str
    feed: str  # as the account names it: hotline, police, grid, allclears
    source_partition: int
    source_offset: int
    reason: str
    detail: str
    preview: str
    file: str | None
    line: int | None
    received_at: int


def dead_letter(log_id: str, record: ConsumerRecord, error: RefusedError) -> DeadLetter:
    """The dead letter of a record that our own intake refused."""
    return _letter(log_id, record, Refusal(error.reason, error.detail))


def refused_at_a_door(log_id: str, record: ConsumerRecord) -> DeadLetter | None:
    """The dead letter of a record that a door refused and sent on as such; None for an ordinary record."""
    for name, value in record.headers:
        if name == REFUSED_HEADER:
            return _letter(log_id, record, json.decode(value, type=Refusal))
    return None


def _letter(log_id: str, record: ConsumerRecord, why: Refusal) -> DeadLetter:
    return DeadLetter(
        log_id, FEED_TOPICS[record.topic], record.partition, record.offset, why.reason, scrub(why.detail),
        preview_of(record.value), why.file or None, why.line or None, record.timestamp,
    )


def preview_of(data: bytes | None) -> str:
    """Readable beginning of a record: its text where it is UTF-8, scrubbed of personal data; other bytes as dots."""
    text = (data or b"")[: PREVIEW_CHARS * 4].decode("utf-8", errors="replace")
    shown = "".join(c if c.isprintable() and c != "\ufffd" else "·" for c in text)
    return scrub(shown)[:PREVIEW_CHARS]
