"""Which rows of a file tell of the same matter? Asked of the stream's own door and desk, in order of time.

Without a city folder the rows are in one nameless city: only their words, kind and time can bring them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from streams.batch.rows import Rows, cell, csv_file, read_rows
from streams.core.accept import Door, Envelope
from streams.core.area import Area
from streams.core.catalogue import Catalogue
from streams.core.classify import Classifier
from streams.core.decision import Decision, Route
from streams.core.event import Event
from streams.core.normalise import normalise
from streams.core.places import Places
from streams.core.route import Matter, Router
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.errors import FileFault, RefusedError
from streams.intake.times import time_reader

TIMES = ("local", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M",
         "%Y/%m/%d", "%Y-%m-%d", "epoch_ms")  # fmt: skip
ADDED = ("incident", "outcome", "item", "reasons")
NOWHERE = Area("990000000000", "", "city", "")  # holds every row when no city is given
_KEY = b"batch: callers are not read"  # of a hash that nothing is ever given to


class Deduped(Struct, frozen=True):
    """What was found in a file."""

    rows: int
    incidents: int
    linked: int  # rows that joined an incident of an earlier one


def dedupe(
    file: Path, text: Sequence[str], time: str, out: Path, catalogue: Catalogue,
    areas: Sequence[Area] = (NOWHERE,), place: Sequence[str] = (),
) -> Deduped:  # fmt: skip
    """Write the rows of `file` to `out` with the incident that each belongs to, and why.

    The first of the `text` columns is the title; `place` columns, joined, are the address. An incident's id is that of
    its first row: hotline:<line>. Raises FileFault for rows that cannot be read, placed or have no time.
    """
    data = read_rows(file, (*text, time, *place))
    events = _events(data, text, time, place, Door(catalogue, Places(areas), Classifier(catalogue), _KEY))
    desk = Desk(catalogue, NoRouter(), Wordings(areas))
    decided: dict[str, Decision] = {}
    for event in sorted(events, key=lambda e: (e.occurred_at, e.source_offset)):
        decided[event.event_id] = desk.decide(event, event.clock)
        desk.take_changes()
    with csv_file(out, (*data.columns, *ADDED)) as writer:
        for row, event in zip(data.rows, events, strict=True):
            writer.writerow([*(cell(row, name) for name in data.columns), *_added(event, decided[event.event_id])])
    linked = sum(decision.outcome == "linked" for decision in decided.values())
    return Deduped(len(events), len(events) - linked, linked)


class NoRouter(Router):
    """Stands where the stream has its router: who must act is not asked here."""

    def __init__(self) -> None:
        """Needs no city."""

    def route(self, matter: Matter) -> Route:
        """Nobody, due at once."""
        return Route("", (), "", matter.clock_ms)


def _events(data: Rows, text: Sequence[str], time: str, place: Sequence[str], door: Door) -> list[Event]:
    read_time = time_reader(TIMES, ZoneInfo("Asia/Shanghai"))
    events = []
    for line, row in zip(data.lines, data.rows, strict=True):
        title, *details = (cell(row, column) for column in text)
        try:
            report = normalise("hotline", {
                "number": str(line), "title": title, "detail": "。".join(filter(None, details)),
                "call_time": read_time(cell(row, time)), "address": "".join(cell(row, column) for column in place),
            })  # fmt: skip
            at = report.occurred_at
            events.append(door.accept(report, Envelope(0, line, at, replayed=True), at))
        except RefusedError as error:
            raise FileFault(data.file, line, 1, str(error)) from error
    return events


def _added(event: Event, decision: Decision) -> tuple[str, str, str, str]:
    incident = decision.incident.incident_id if decision.incident else event.event_id
    return incident, decision.outcome, event.item, "；".join(decision.reasons)
