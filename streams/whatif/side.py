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
from streams.core.wording import Wordings
from streams.errors import RefusedError
from streams.flow.topics import partition_of
from streams.learning.items import opinion_of
from streams.whatif.asked import Asked
from streams.whatif.follower import Follower

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


Heard = Event | Told  # what the door makes of a report: an event, or a refusal


class Side:
    """A city with open incidents of its own, one desk for each partition, as the pipeline has."""

    def __init__(self, city: City, partitions: int, wordings: Wordings | None = None) -> None:
        """`wordings` are another side's, of the same areas, so that a text is cut up once."""
        self.wordings = wordings or Wordings(city.areas.values())
        self.opinion = opinion_of(city.classes, city.catalogue)
        self._door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), _KEY)
        router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
        self._desks = [Follower(city.catalogue, router, self.wordings) for _ in range(partitions)]
        self._units: dict[str, frozenset[str]] = {}  # open incident -> units that have its order

    def hear(self, asked: Sequence[Asked]) -> list[Heard]:
        """What the door and the model make of reports; keeps nothing."""
        accepted = [self._accept(one) for one in asked]
        events = iter(self._opined([one for one in accepted if isinstance(one, Event)]))
        return [one if isinstance(one, Told) else next(events) for one in accepted]

    def decide(self, event: Event, said: Decision | None = None) -> tuple[Told, Decision]:
        """Decide on an event, in its turn; with `said`, join what the other side's desk has joined."""
        desk = self._desks[partition_of(event.area, len(self._desks))]
        decision = desk.follow(event, event.clock, said) if said else desk.decide(event, event.clock)
        return self._told(event, decision), decision

    def forget(self) -> None:
        """To be called now and then: drop what nobody asks for any more."""
        for desk in self._desks:
            desk.take_changes()
        if len(self._units) > 10_000 + 2 * sum(len(desk.open) for desk in self._desks):
            self._units = {
                incident_id: units for incident_id, units in self._units.items()
                if any(desk.open.get(incident_id) for desk in self._desks)
            }  # fmt: skip

    def _accept(self, asked: Asked) -> Heard:
        try:
            return self._door.accept(asked.report, asked.envelope, asked.envelope.received_at)
        except RefusedError as error:
            return Told("refused", error.reason)

    def _opined(self, events: list[Event]) -> list[Event]:
        """The events with the say of the city's model, if it has one."""
        return self.opinion.on(events) if self.opinion else events

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
