"""What is put to both sides: a report as its feed told it, where it stood, and what was decided on it then."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from streams.core.accept import Envelope
from streams.core.event import Event, Report


class Asked(Struct, frozen=True, array_like=True, gc=False):
    """One report. `item` and `incident_id` are what was decided on it, "" where that is not known."""

    report: Report
    envelope: Envelope
    item: str = ""
    incident_id: str = ""


class Unread(NamedTuple):
    """A report as its source keeps it: whoever hears it reads it."""

    area: str  # code of where it likely is, "" if that is not known
    told: bytes


class Reading(NamedTuple):
    """How reports of a source are read; `key` is as for `Door`: None where they have been scrubbed."""

    read: Callable[[bytes], Asked]
    key: bytes | None


def report_of(event: Event) -> Report:
    """An accepted report as its feed might have told it.

    What an event does not keep is missing: the source's own class names, codes that the catalogue did not know, and the
    area code of a report that was placed by its address or coordinates, for which its county stands.
    """
    return Report(
        feed=event.feed,
        number=number_of(event.event_id),
        occurred_at=event.occurred_at,
        parent=number_of(event.parent),
        codes=(event.source_code,) if event.source_code else (),
        text=event.text,
        address=event.address,
        area=area_told(event.area, event.placed_by),
        lon=event.lon,
        lat=event.lat,
        caller=str(event.caller) if event.caller else "",  # a hash of the hash tells callers apart as well
        self_handled=event.self_handled,
        wish=event.wish,
    )


def number_of(event_id: str) -> str:
    """The source's number of an event id (feed:number), "" for none."""
    return event_id.partition(":")[2]


def area_told(area: str, placed_by: str) -> str:
    """The area code that a source may have given for a report that was placed in `area`."""
    if placed_by == "code":
        return area
    return area[:6].ljust(12, "0") if placed_by == "address" and area[4:6] != "00" else ""
