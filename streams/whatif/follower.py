"""A desk that joins what another desk has joined: only its routes, due times and orders are its own."""

from __future__ import annotations

from streams.core.catalogue import Item
from streams.core.decision import Decision, Incident
from streams.core.event import Event
from streams.core.triage import Desk


class Follower(Desk):
    """May be given every event of another desk, in its order, with what that one has said of it."""

    _said: Decision | None = None

    def follow(self, event: Event, now: int, said: Decision) -> Decision:
        """Decide on one event of which the other desk has said `said`; see `Desk.decide`."""
        self._said = said
        try:
            return self.decide(event, now)
        finally:
            self._said = None

    def _find(self, event: Event, item: Item) -> tuple[Incident, tuple[str, ...]] | None:
        said = self._said
        if said is None:
            return super()._find(event, item)
        joined = self.open.get(said.incident.incident_id) if said.outcome == "linked" and said.incident else None
        return (joined, said.reasons) if joined else None
