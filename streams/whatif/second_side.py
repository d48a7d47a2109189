"""The side that is asked after another one of the same areas: it works out anew only what may differ."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from streams.city.city import City
from streams.core.decision import Decision, Incident
from streams.core.event import Event
from streams.whatif.alike import Hearing, moved_items
from streams.whatif.desks import SecondDesk
from streams.whatif.routing import Routing
from streams.whatif.side import Side
from streams.whatif.twin import Twin


class SecondSide(Side):
    """Must be told of every event after the `first` side, in the same order, and before that one's `told`."""

    desks: Sequence[Twin | SecondDesk]

    def __init__(self, city: City, key: bytes | None, first: Side, hearing: Hearing) -> None:
        """`hearing` is that of both cities; `key` is as for `Door`."""
        super().__init__(city, 0, key, first)
        self._first = first
        routed_alike = Routing((first.city, city), (first.router, self.router)).is_alike
        self._moved = moved_items(first.city, city)
        mine = city.catalogue, self.router, self.wordings
        self.desks = (
            [Twin(*mine, desk, routed_alike) for desk in first.desks]
            if hearing.alike and self.voice == first.voice and not self._moved
            else [SecondDesk(*mine, desk, self._moved, routed_alike) for desk in first.desks]
        )

    def follow(self, event: Event, said: Decision) -> Decision:
        """Decide on an event of which the first side has `said` something: that very decision where nothing differs."""
        decision = self.desks[self.number_of(event)].follow(event, event.clock, said)
        if decision is not said or event.item in self._moved:  # what was moved may be forgotten there, and not here
            self.stay_apart(said.incident)
            self.stay_apart(decision.incident)
        if decision is said and said.incident and said.incident.incident_id in self._units:
            return copy(said)  # told apart from then on: its units are counted here
        return decision

    def stay_apart(self, incident: Incident | None) -> None:
        """From now on, who has orders of an incident may differ; they had been the same."""
        if incident:
            self._units.setdefault(incident.incident_id, self._first.units_of(incident.incident_id))
