"""Triage of one partition: each event becomes a new incident, joins an open one, or is a redelivery.

Decisions depend only on the order of events in the partition's log and on the state before it, never on chunk
boundaries or the clock, so a replay decides the same.
"""

from __future__ import annotations

from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.correction import joined, left_behind, mark_of, shrink
from streams.core.decision import Decision, Incident, Link, Order
from streams.core.event import Event
from streams.core.match import FEED_BIT, Match, compare, shingles_of
from streams.core.open_incidents import OpenIncidents
from streams.core.route import Router, matter_of
from streams.core.wording import TEXT_CHARS, Wordings

#: Reports at which an incident becomes more urgent by one level (never to red by number alone).
RAISING_COUNTS = (10, 50)


class Desk:
    """The triage desk of one partition: state, and what has changed in it since `take_changes`."""

    def __init__(self, catalogue: Catalogue, router: Router, wordings: Wordings | None = None) -> None:
        """`wordings` are the city's, shared by its desks; without them the names of its counties are not cut."""
        self._items = catalogue.items
        self._router = router
        self._wordings = wordings or Wordings()
        self.open = OpenIncidents(catalogue.items, self._wordings)
        self._changed: dict[str, Incident] = {}
        self._linked: list[Link] = []

    def decide(self, event: Event, now: int) -> Decision:
        """Decide on one event; `now` (ms UTC) is written on the orders as their issue time."""
        position = self.open.position_of(event.event_id)
        if position is not None:
            return self._known(event, position, now)
        self.open.advance(event.clock)
        item = self._items.get(event.item) or self._items[OTHER]  # accepted under an older catalogue
        found = self._find(event, item)
        if found is None:
            return self._open(event, item, now)
        incident, reasons = found
        return self._join(event, incident, reasons, now)

    def split(self, event: Event, now: int) -> Decision:
        """Take a report off the incident that it was joined to and open one of its own, as somebody has corrected us.

        Its time limit runs from its own clock, as it would have. Said again, it is told again. Raises RefusedError as
        `joined` does.
        """
        link = joined(self.open, event.event_id)
        if left_behind(link):
            incident = self.open.get(event.event_id)
            orders = self._orders(incident, event, now) if incident and not incident.closed else ()
            return Decision("new", incident, orders, reasons=link.reasons)
        left = self.open.get(link.incident_id)
        if left is not None:
            shrink(left, link, self.open.unlink(link))
            self._changed[left.incident_id] = left
        opened = self._open(event, self._items.get(event.item) or self._items[OTHER], now)
        mark = mark_of(link)
        self.open.link(mark)
        self._linked.append(mark)
        return Decision("new", opened.incident, opened.orders, reasons=mark.reasons)

    def take_changes(self) -> tuple[list[Incident], list[Link]]:
        """Incidents changed and links made since the last call: what must be durable before anything is told."""
        changed, linked = list(self._changed.values()), self._linked
        self._changed, self._linked = {}, []
        return changed, linked

    def _known(self, event: Event, position: tuple[int, int], now: int) -> Decision:
        """An event id that was seen: the same record again is told as before, another record is a redelivery."""
        incident = self.open.incident_of(event.event_id)
        if position != (event.source_partition, event.source_offset):
            return Decision("redelivered", incident)
        # A crash may have come between the decision and its telling, so the orders are told, whether or not they were
        # then: those who have them see a revision that they know.
        orders = self._orders(incident, event, now) if incident and not incident.closed else ()
        link = self.open.link_of(event.event_id)
        if link is not None and not left_behind(link):
            return Decision("linked", incident, orders, link.repeat, link.reasons)
        return Decision("new", incident, orders)

    def _find(self, event: Event, item: Item) -> tuple[Incident, tuple[str, ...]] | None:
        if event.parent and (parent := self.open.incident_of(event.parent)):
            return parent, (f"names {event.parent}",)
        shingles: frozenset[int] | None = None
        best: tuple[Match, Incident] | None = None
        beaten = 0.0
        for incident in self.open.near(event, item):
            shingles = shingles_of(event.text[:TEXT_CHARS]) if shingles is None else shingles
            match = compare(event, item, incident, shingles, self._wordings, beaten)
            if match:
                best, beaten = (match, incident), match.points
        return (best[1], best[0].reasons) if best else None

    def _open(self, event: Event, item: Item, now: int) -> Decision:
        incident = self._incident(event, item)
        self._keep(incident)
        return Decision("new", incident, () if incident.closed else self._orders(incident, event, now))

    def _keep(self, incident: Incident) -> None:
        self.open.add(incident)
        self._changed[incident.incident_id] = incident

    def _incident(self, event: Event, item: Item) -> Incident:
        route = self._router.route(matter_of(event))
        closed = event.self_handled and item.self_handle
        return Incident(
            event.event_id, event.source_partition, event.source_offset, event.caller, event.item, event.area,
            event.lon, event.lat, event.occurred_at, event.occurred_at, event.clock, 0, 1, FEED_BIT[event.feed], 0,
            event.urgency, event.life_safety, route.lead, route.assists, route.rule, route.due_at, closed, 1,
            event.text[:TEXT_CHARS], event.address,
        )

    def _join(self, event: Event, incident: Incident, reasons: tuple[str, ...], now: int) -> Decision:
        repeat = self.open.knows_caller(incident, event.caller)
        raised = self._grow(incident, event, repeat=repeat)
        link = Link(event.event_id, incident.incident_id, event.source_partition, event.source_offset,
                    event.caller, repeat, reasons)
        self.open.link(link)
        self.open.touch(incident)
        self._changed[incident.incident_id] = incident
        self._linked.append(link)
        orders = self._orders(incident, event, now) if raised or event.life_safety else ()
        return Decision("linked", incident, orders, repeat, reasons)

    def _grow(self, incident: Incident, event: Event, *, repeat: bool) -> bool:
        """Count a joined report in; raise the urgency where it, or the number of reports, says so.

        Whether those who have its orders must hear of it.
        """
        was = incident.urgency, incident.life_safety, incident.closed
        incident.reports += 1
        incident.revision += 1
        incident.repeats += repeat
        incident.feeds |= FEED_BIT[event.feed]
        incident.last_at = max(incident.last_at, event.occurred_at)
        if incident.reports in RAISING_COUNTS:
            incident.urgency = min(incident.urgency, max(2, incident.urgency - 1))
        if event.urgency < incident.urgency or (event.life_safety and not incident.life_safety):
            self._raise(incident, event)
        if not event.self_handled:
            incident.closed = False
        return was != (incident.urgency, incident.life_safety, incident.closed)

    def _raise(self, incident: Incident, event: Event) -> None:
        """A more urgent report leads from now on; who led before assists."""
        route = self._router.route(matter_of(event, incident.area))
        before = (incident.lead, *incident.assists)
        incident.urgency = min(incident.urgency, event.urgency)
        incident.life_safety = incident.life_safety or event.life_safety
        incident.due_at = min(incident.due_at, route.due_at)
        incident.lead, incident.rule = route.lead, route.rule
        incident.assists = tuple(dict.fromkeys(u for u in (*route.assists, *before) if u != route.lead))

    def _orders(self, incident: Incident, event: Event, now: int) -> tuple[Order, ...]:
        """The order of every unit as it now stands; a unit that has one gets its next revision."""
        return tuple(
            Order(
                f"{incident.incident_id}/{unit}/1", incident.incident_id, unit, "assist" if n else "lead", 1,
                incident.revision, event.feed, incident.item, incident.area, incident.lon, incident.lat,
                incident.urgency, incident.life_safety, incident.reports, event.clock, now, incident.due_at,
                incident.rule, event.text, event.address or incident.address,
            )
            for n, unit in enumerate((incident.lead, *incident.assists))
        )
