"""Corrections of matching: somebody says that a report does not belong to the incident that it was joined to."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from streams.core.area import level_of
from streams.core.decision import Incident, Link
from streams.core.localtime import to_ms
from streams.core.match import FEED_BIT
from streams.core.open_incidents import OpenIncidents
from streams.core.scrub import scrub
from streams.errors import RefusedError

MAX_REASON = 500  # characters
MAX_ID = 200
_SPLIT_OFF = "split off "
_TEXTS = ("number", "event_id", "incident_id", "area", "corrected_at", "by", "reason")


class Correction(Struct, frozen=True, gc=False):
    """One report to be taken off its incident."""

    number: str  # the source's own number, unique: the same number again is the same correction
    event_id: str
    incident_id: str  # the incident that it was joined to, as whoever corrects has seen it
    area: str  # of the report or the incident: their county says whose desk it is
    at: int  # ms UTC, when it was said
    by: str  # code of the desk that says so; never a person
    reason: str = ""  # scrubbed


def read_correction(record: Mapping[str, object]) -> Correction:
    """The correction in a record decoded from the schema IncidentCorrection.

    Raises RefusedError: "missing_field", "bad_value", "bad_time", "unknown_area".
    """
    texts = {name: str(record.get(name) or "").strip() for name in _TEXTS}
    for name in ("number", "event_id", "incident_id", "by"):
        if not texts[name]:
            raise RefusedError("missing_field", f"{name} is missing or empty")
        if len(texts[name]) > MAX_ID:
            raise RefusedError("bad_value", f"{name} has {len(texts[name])} characters, at most {MAX_ID} are taken")
    try:
        at = to_ms(texts["corrected_at"])
    except ValueError as error:
        raise RefusedError("bad_time", f"corrected_at: {error}") from None
    try:
        level_of(texts["area"])
    except ValueError:
        raise RefusedError("unknown_area", "area is no area code") from None
    return Correction(
        texts["number"], texts["event_id"], texts["incident_id"], texts["area"], at, texts["by"],
        scrub(texts["reason"])[:MAX_REASON],
    )  # fmt: skip


def joined(known: OpenIncidents, event_id: str) -> Link:
    """How a report was joined to an open incident, or the mark of one that was split off before.

    Raises RefusedError: "first_report" for the one that opened its incident (take the others off instead), "not_open"
    for one whose incident is no longer open for matching, or that nobody knows.
    """
    link = known.link_of(event_id)
    if link is not None:
        return link
    if known.get(event_id) is not None:
        raise RefusedError("first_report", f"{event_id} opened its incident: take the other reports off")
    raise RefusedError("not_open", f"the incident of {event_id} is no longer open for matching")


def mark_of(link: Link) -> Link:
    """What is kept in place of the link of a report that is split off: it belongs to itself."""
    reasons = (f"{_SPLIT_OFF}{link.incident_id}",)
    return replace(link, incident_id=link.event_id, repeat=False, reasons=reasons)


def left_behind(link: Link) -> str:
    """Id of the incident that a report was split off, "" if this is no mark of one."""
    first = link.reasons[0] if link.reasons and link.incident_id == link.event_id else ""
    return first.removeprefix(_SPLIT_OFF) if first.startswith(_SPLIT_OFF) else ""


def shrink(incident: Incident, link: Link, others: list[Link]) -> None:
    """Take a report off the counts of its incident; `others` are the links that stay.

    What it had raised (urgency, units, due time) stays as it is: they were told, and may be on their way.
    """
    incident.reports -= 1
    incident.repeats -= link.repeat
    incident.revision += 1
    incident.feeds = _bit(incident.incident_id)
    for other in others:
        incident.feeds |= _bit(other.event_id)


def _bit(event_id: str) -> int:
    return FEED_BIT[event_id.partition(":")[0]]
