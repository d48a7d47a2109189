"""One side of the comparison: a city's own door and desks, and what they make of each report."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

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
from streams.whatif.desks import FirstDesk
from streams.whatif.kept import Kept

SHOWN = 40  # characters of a scrubbed text that a row of differences shows


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

    def __init__(self, city: City, partitions: int, key: bytes | None, like: Side | None = None) -> None:
        """`key` is as for `Door`; `like` is a side of the same areas, with which it can share what it knows of them."""
        self.city = city
        self._opinion = opinion_of(city.classes, city.catalogue)
        self.wordings: Wordings = like.wordings if like else Wordings(city.areas.values())
        self.places: Places = like.places if like else Places(city.areas.values())
        self.router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
        catalogue = replace(city.catalogue, version="")  # no difference by itself
        self._door = Door(catalogue, self.places, Classifier(catalogue), key)
        self.desks: Sequence[FirstDesk] = [
            FirstDesk(city.catalogue, self.router, self.wordings) for _ in range(partitions)
        ]
        self._units: Kept[frozenset[str]] = Kept()  # open incident -> units that have its order

    @property
    def voice(self) -> tuple[str, str]:
        """What sets the say of one model apart from that of another; the same for all cities without."""
        return (self._opinion.by, self._opinion.version) if self._opinion else ("rules", "")

    def accept(self, asked: Asked) -> Heard:
        """What the door makes of a report; keeps nothing."""
        try:
            return self._door.accept(asked.report, asked.envelope, asked.envelope.received_at)
        except RefusedError as error:
            return Told("refused", error.reason)

    def opined(self, accepted: list[Heard]) -> list[Heard]:
        """What the door has made of reports, with the say of the city's model, if it has one; keeps nothing."""
        if self._opinion is None:
            return accepted
        events = iter(self._opinion.on([one for one in accepted if isinstance(one, Event)]))
        # Which model had a say is no difference by itself.
        return [one if isinstance(one, Told) else replace(next(events), model="") for one in accepted]

    def decide(self, event: Event) -> Decision:
        """Decide on an event, in its turn."""
        return self.desks[self.number_of(event)].decide(event, event.clock)

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
        for desk in self.desks:
            desk.forget()
        self._units.forget(lambda incident_id: any(desk.has_open(incident_id) for desk in self.desks))

    def number_of(self, event: Event) -> int:
        """Which of the desks decides on an event."""
        return partition_of(event.area, len(self.desks))

    def units_of(self, incident_id: str) -> frozenset[str]:
        """The units that have an order of an open incident."""
        return self._units.get(incident_id, frozenset())

    def _first_orders(self, orders: Sequence[Order]) -> tuple[tuple[str, str], ...]:
        if not orders:
            return ()
        incident_id = orders[0].incident_id
        known = self.units_of(incident_id)
        first = tuple((order.unit, order.role) for order in orders if order.unit not in known)
        if first:
            self._units[incident_id] = known.union(unit for unit, _ in first)
        return first
