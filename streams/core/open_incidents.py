"""The open incidents of one partition, found by kind and place, forgotten when their window has passed.

A report is compared with a handful of neighbours whatever the number of open incidents: where these are looked for,
`streams.core.neighbourhood` says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import cos, radians

from streams.core.catalogue import OTHER, Item
from streams.core.decision import Incident, Link
from streams.core.event import Event
from streams.core.filing import Filing, Place
from streams.core.match import LASTING_S, METRES_PER_DEGREE, reach_m
from streams.core.neighbourhood import ANY, cells_within, file_area, files_of, is_wide, without_coordinates
from streams.core.oldest import keep_youngest
from streams.core.sharing import Sharing
from streams.core.windows import Windows
from streams.core.wording import Wordings

LIKELIEST = 8  # of those without a place that share anchors of the text
CANDIDATES = 24  # newest neighbours looked at; more than that in one cell and class are different matters anyway
SEEN_LIMIT = 500_000  # event ids remembered per partition after their incidents are forgotten


class OpenIncidents:
    """State of one partition of the events topic. Not frozen: it is the one thing that triage changes."""

    def __init__(self, items: Mapping[str, Item], wordings: Wordings) -> None:
        self._items = items
        self._wordings = wordings
        self._links: dict[str, Link] = {}
        self._members: dict[str, list[str]] = {}  # incident id -> ids of its later events
        self._callers: dict[str, set[int]] = {}  # incident id -> callers, kept from the second caller on
        self._filed = Filing()
        self._open: dict[str, Incident] = {}
        self._windows: dict[int, Windows] = defaultdict(Windows)  # seconds kept -> those that are kept so long
        self._seen: dict[str, tuple[int, int]] = {}  # forgotten event id -> position of its record, oldest first
        self._sharing = Sharing()
        self._watermark = 0
        self._opened = 0

    def __len__(self) -> int:
        return len(self._open)

    def get(self, incident_id: str) -> Incident | None:
        """An open incident by its id."""
        return self._open.get(incident_id)

    def link_of(self, event_id: str) -> Link | None:
        """How an event was linked, while its incident is open."""
        return self._links.get(event_id)

    def position_of(self, event_id: str) -> tuple[int, int] | None:
        """Partition and offset of the feed record that first brought this event; None when it is new to us."""
        known = self.get(event_id) or self._links.get(event_id)
        return (known.source_partition, known.source_offset) if known else self._seen.get(event_id)

    def incident_of(self, event_id: str) -> Incident | None:
        """The open incident that an event belongs to."""
        link = self._links.get(event_id)
        return self.get(link.incident_id if link else event_id)

    def knows_caller(self, incident: Incident, caller: int) -> bool:
        """Has this caller reported this incident before?"""
        if not caller:
            return False
        return caller == incident.caller or caller in self._callers.get(incident.incident_id, ())

    def restore(self, incidents: Iterable[Incident], links: Iterable[Link]) -> None:
        """Fill an empty state with what was made durable, then forget what is out of its window."""
        in_order = sorted(incidents, key=lambda i: i.serial)
        for incident in in_order:
            self._file(incident)
            self._opened = incident.serial
        for incident in sorted(in_order, key=lambda i: i.touched):
            self._watermark = incident.touched
            self.touch(incident)
        for link in links:
            self.link(link)
        self._expire()

    def add(self, incident: Incident) -> None:
        """File a new incident."""
        self._opened += 1
        incident.serial = self._opened
        self._file(incident)
        self.touch(incident)

    def _file(self, incident: Incident) -> None:
        self._sharing.apply(incident)
        self._open[incident.incident_id] = incident
        for kind, place in files_of(incident, self._wordings):
            self._filed.add(kind, place, incident)

    def link(self, link: Link) -> None:
        """Record that an event belongs to an incident."""
        if self.get(link.incident_id) is None:
            self._remember(link.event_id, link)
            return
        self._links[link.event_id] = link
        self._members.setdefault(link.incident_id, []).append(link.event_id)
        if link.caller:
            self._callers.setdefault(link.incident_id, set()).add(link.caller)

    def unlink(self, link: Link) -> list[Link]:
        """Take an event off its incident, which must be open; the links of the events that stay."""
        del self._links[link.event_id]
        members = self._members[link.incident_id]
        members.remove(link.event_id)
        others = [self._links[member] for member in members]
        self._callers[link.incident_id] = {other.caller for other in others if other.caller}
        return others

    def touch(self, incident: Incident) -> None:
        """Begin the window of an open incident anew."""
        incident.touched = self._watermark
        self._windows[self._kept_s(incident)].begin(incident)

    def advance(self, clock: int) -> None:
        """Take the clock of an event (ms UTC) and forget what can no longer be joined."""
        if clock > self._watermark:
            new_second = clock // 1000 > self._watermark // 1000
            self._watermark = clock
            if new_second:
                self._expire()

    def _kept_s(self, incident: Incident) -> int:
        """Seconds until it is forgotten untouched: twice its window, for reports may come late by as much."""
        item = self._items.get(incident.item) or self._items[OTHER]  # an item may leave the catalogue
        by_words = incident.lon is None and not incident.life_safety and is_wide(incident.area)
        return max(2 * item.window_s, LASTING_S) if by_words else 2 * item.window_s

    def _expire(self) -> None:
        for kept_s, windows in self._windows.items():
            oldest = (self._watermark // 1000 - kept_s) * 1000  # whole seconds: looked at once a second
            for incident in windows.begun_before(oldest):
                if self._open.get(incident.incident_id) is incident:
                    self._forget(incident)

    def near(self, event: Event, item: Item) -> Iterable[Incident]:
        """Open incidents of the event's class around its place, newest first, each once; none surely too far."""
        if event.lon is None or event.lat is None:
            return self._named_alike(event) if is_wide(event.area) else self._newest(event, file_area(event.area))
        lon, lat = event.lon, event.lat
        reach = reach_m(item.distance_m)
        north = reach / METRES_PER_DEGREE
        east = north / cos(radians(lat))
        in_cells = [self._newest(event, cell) for cell in cells_within(lon, lat, reach)]
        all_seen = max(map(len, in_cells)) < CANDIDATES
        area = file_area(event.area)
        found: dict[str, Incident] = {}
        for incident in chain(*in_cells, self._newest(event, without_coordinates(area) if all_seen else area)):
            if (
                incident.lon is None or incident.lat is None
                or (abs(incident.lat - lat) <= north and abs(incident.lon - lon) <= east)
            ):  # `compare` would say the same of the others, ten times as slowly
                found[incident.incident_id] = incident
        return found.values()

    def _newest(self, event: Event, place: Place) -> Sequence[Incident]:
        return self._filed.newest(event.item[:2], place, CANDIDATES)

    def _named_alike(self, event: Event) -> Iterator[Incident]:
        """Those of any class that share the most anchors with the event's text."""
        shared = Counter(
            incident.incident_id
            for anchor in self._wordings.of(event.text).anchors
            for incident in reversed(self._filed.newest(ANY, anchor, CANDIDATES))
        )
        for incident_id, _ in shared.most_common(LIKELIEST):
            if incident := self.get(incident_id):
                yield incident

    def _remember(self, event_id: str, source: Incident | Link) -> None:
        """Keep the position of an event that is forgotten, so that it is recognised when it comes again."""
        self._seen[event_id] = (source.source_partition, source.source_offset)
        keep_youngest(self._seen, SEEN_LIMIT)

    def _forget(self, incident: Incident) -> None:
        del self._open[incident.incident_id]
        self._remember(incident.incident_id, incident)
        for event_id in self._members.pop(incident.incident_id, ()):
            if link := self._links.pop(event_id, None):
                self._remember(event_id, link)
        self._callers.pop(incident.incident_id, None)
        for kind, place in files_of(incident, self._wordings):
            self._filed.remove(kind, place, incident)
