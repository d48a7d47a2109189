"""One side of the comparison: a city's own door and desks, and what they make of each report."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from streams.city.city import City
from streams.core.accept import Door
from streams.core.classify import Classifier
from streams.core.decision import Decision, Order
from streams.core.event import Event
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.errors import RefusedError
from streams.flow.topics import partition_of
from streams.learning.items import opinion_of
from streams.whatif.asked import Asked

SHOWN = 40  # characters of a scrubbed text that a row of differences shows
_KEY = b"what if: callers are hashes already"


class Told(Struct, frozen=True, array_like=True, gc=False):
    """What one side says of a report; times in ms UTC. Of a refused one only `outcome` and `why` are told."""

    outcome: str  # new, linked, redelivered, refused
    why: str  # the evidence for its incident, or the reason of the refusal
    area: str = ""
    item: str = ""
    by: str = ""
    score: float = 0.0
    incident_id: str = ""
    urgency: int = 0
    life_safety: bool = False
    ordered: bool = False  # were orders sent because of it
    lead: str = ""
    assists: tuple[str, ...] = ()
    rule: str = ""
    due_at: int = 0
    first_orders: tuple[tuple[str, str], ...] = ()  # unit and role, of orders that are no revisions
    text: str = ""  # beginning of the scrubbed text


class Side:
    """A city with open incidents of its own, one desk for each partition, as the pipeline has."""

    def __init__(self, city: City, partitions: int) -> None:
        self._door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), _KEY)
        self._opinion = opinion_of(city.classes, city.catalogue)
        router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
        wordings = Wordings(city.areas.values())
        self._desks = [Desk(city.catalogue, router, wordings) for _ in range(partitions)]
        self._units: dict[str, frozenset[str]] = {}  # open incident -> units that have its order

    def take(self, asked: Sequence[Asked]) -> list[Told]:
        """Decide on reports, in their order."""
        accepted = [self._accept(one) for one in asked]
        events = iter(self._heard([one for one in accepted if isinstance(one, Event)]))
        told = [one if isinstance(one, Told) else self._decide(next(events)) for one in accepted]
        for desk in self._desks:
            desk.take_changes()
        self._forget()
        return told

    def _accept(self, asked: Asked) -> Event | Told:
        try:
            return self._door.accept(asked.report, asked.envelope, asked.envelope.received_at)
        except RefusedError as error:
            return Told("refused", error.reason)

    def _heard(self, events: list[Event]) -> list[Event]:
        """The events with the say of the city's model, if it has one."""
        return self._opinion.on(events) if self._opinion else events

    def _decide(self, event: Event) -> Told:
        desk = self._desks[partition_of(event.area, len(self._desks))]
        return self._told(event, desk.decide(event, event.clock))

    def _told(self, event: Event, decision: Decision) -> Told:
        incident = decision.incident
        if incident is None:
            return Told(decision.outcome, "", event.area, event.item, event.classified_by, event.score)
        return Told(
            decision.outcome, "; ".join(decision.reasons), event.area, event.item, event.classified_by, event.score,
            incident.incident_id, incident.urgency, incident.life_safety, bool(decision.orders), incident.lead,
            incident.assists, incident.rule, incident.due_at, self._first_orders(decision.orders), event.text[:SHOWN],
        )  # fmt: skip

    def _first_orders(self, orders: Sequence[Order]) -> tuple[tuple[str, str], ...]:
        if not orders:
            return ()
        incident_id = orders[0].incident_id
        known = self._units.get(incident_id, frozenset())
        first = tuple((order.unit, order.role) for order in orders if order.unit not in known)
        if first:
            self._units[incident_id] = known.union(unit for unit, _ in first)
        return first

    def _forget(self) -> None:
        """Drop what belongs to incidents that the desks have forgotten, once it is most of what is kept."""
        if len(self._units) > 10_000 + 2 * sum(len(desk.open) for desk in self._desks):
            self._units = {
                incident_id: units for incident_id, units in self._units.items()
                if any(desk.open.get(incident_id) for desk in self._desks)
            }  # fmt: skip
