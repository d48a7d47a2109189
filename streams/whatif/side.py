"""One side of the comparison: a city's own door and desks, and what they make of each report."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from streams.city.city import City
from streams.core.accept import Door
from streams.core.classify import Classifier
from streams.core.decision import Decision, Order
from streams.core.event import Event
from streams.core.wording import Wordings
from streams.errors import RefusedError
from streams.flow.topics import partition_of
from streams.learning.items import opinion_of
from streams.whatif.asked import Asked
from streams.whatif.placing import LatestPlaces
from streams.whatif.routing import FirstRouter, Routing, SecondRouter
from streams.whatif.twin import Twin, Watched

SHOWN = 40  # characters of a scrubbed text that a row of differences shows
FEW = 10_000  # incidents that are kept without a look at whether they are still open


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


Heard = Event | Told  # what the door makes of a report: an event, or a refusal


class Side:
    """A city with open incidents of its own, one desk for each partition, as the pipeline has."""

    def __init__(self, city: City, partitions: int, key: bytes | None, first: Side | None = None) -> None:
        """`key` is as for `Door`. What the side that decides `first` has just placed or routed serves this one, too."""
        self.opinion = opinion_of(city.classes, city.catalogue)
        self._city: City = city
        placed = first if first and first._city.areas == city.areas else None
        self._wordings: Wordings = placed._wordings if placed else Wordings(city.areas.values())
        self._places: LatestPlaces = placed._places if placed else LatestPlaces(city.areas.values())
        self._door = Door(city.catalogue, self._places, Classifier(city.catalogue), key)
        self._router = _router(city, first)
        self._desks = [Watched(city.catalogue, self._router, self._wordings) for _ in range(partitions)]
        self._beside: Side | None = None
        self._twin: Twin | None = None  # of the desks beside
        self._pruned = 0
        self._units: dict[str, frozenset[str]] = {}  # open incident -> units that have its order

    def accept(self, asked: Asked) -> Heard:
        """What the door makes of a report; keeps nothing."""
        try:
            return self._door.accept(asked.report, asked.envelope, asked.envelope.received_at)
        except RefusedError as error:
            return Told("refused", error.reason)

    def opined(self, accepted: list[Heard]) -> list[Heard]:
        """What the door has made of reports, with the say of the city's model, if it has one; keeps nothing."""
        if self.opinion is None:
            return accepted
        events = iter(self.opinion.on([one for one in accepted if isinstance(one, Event)]))
        return [one if isinstance(one, Told) else next(events) for one in accepted]

    def decide(self, event: Event) -> Decision:
        """Decide on an event, in its turn."""
        return self._desk(event).decide(event, event.clock)

    def stand_beside(self, other: Side) -> None:
        """From now on, `follow` another side, which hears and joins as this one does, instead of deciding."""
        routing = Routing((other._city, self._city), (other._router, self._router))
        self._beside = other
        self._twin = Twin(self._city.catalogue, self._router, self._wordings, routing.is_alike)

    def follow(self, event: Event, said: Decision) -> Decision:
        """Decide on an event of which the other side has `said` something, and told nothing yet.

        The answer is that very decision, or another one with units and due times of this side's own.
        """
        if self._beside is None or self._twin is None:
            raise RuntimeError("there is nobody to follow")
        decision = self._twin.follow(event, event.clock, said, self._beside._desk(event).was)
        if decision is not said and (incident := decision.incident):
            self._units.setdefault(incident.incident_id, self._beside._units_of(incident.incident_id))
        return decision

    def told(self, event: Event, decision: Decision) -> Told:
        """What there is to say of an event's decision; to be asked once for each."""
        incident = decision.incident
        if incident is None:
            return Told(decision.outcome, "", event.area, event.item, event.classified_by, event.score)
        return Told(
            decision.outcome, "; ".join(decision.reasons), event.area, event.item, event.classified_by, event.score,
            incident.incident_id, incident.urgency, incident.life_safety, bool(decision.orders), incident.lead,
            incident.assists, incident.rule, incident.due_at, self._first_orders(decision.orders), event.text[:SHOWN],
        )  # fmt: skip

    def forget(self) -> None:
        """To be called now and then: drop what nobody asks for any more."""
        for desk in self._desks:
            desk.take_changes()
        if len(self._units) > FEW + 2 * self._pruned:
            is_open = (self._beside or self)._is_open
            if self._twin:
                self._twin.forget(is_open)
            self._units = {one: units for one, units in self._units.items() if is_open(one)}
            self._pruned = len(self._units)

    def _is_open(self, incident_id: str) -> bool:
        return any(desk.open.get(incident_id) for desk in self._desks)

    def _units_of(self, incident_id: str) -> frozenset[str]:
        return self._units.get(incident_id, frozenset())

    def _desk(self, event: Event) -> Watched:
        return self._desks[partition_of(event.area, len(self._desks))]

    def _first_orders(self, orders: Sequence[Order]) -> tuple[tuple[str, str], ...]:
        if not orders:
            return ()
        incident_id = orders[0].incident_id
        known = self._units_of(incident_id)
        first = tuple((order.unit, order.role) for order in orders if order.unit not in known)
        if first:
            self._units[incident_id] = known.union(unit for unit, _ in first)
        return first


def _router(city: City, first: Side | None) -> FirstRouter | SecondRouter:
    if first and isinstance(first._router, FirstRouter):
        return SecondRouter((first._city, city), first._router)
    return FirstRouter(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
