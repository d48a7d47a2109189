"""A desk beside another that joins the same reports: it decides anew only what may differ, and keeps only what does.

Routes, due times and what a grid worker settles on the spot are its own; which report belongs to which incident is not.
So an incident on which the two agree is kept by the other desk alone.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from streams.core.catalogue import OTHER, Catalogue
from streams.core.decision import Decision, Incident
from streams.core.event import Event
from streams.core.route import Router
from streams.core.triage import Desk
from streams.core.wording import Wordings


class Watched(Desk):
    """A desk that a twin can follow."""

    #: How the incident of the latest decision was before it; None where no open one was joined.
    was: Incident | None = None

    def decide(self, event: Event, now: int) -> Decision:
        """See `Desk.decide`."""
        self.was = None
        return super().decide(event, now)

    def _grow(self, incident: Incident, event: Event, *, repeat: bool) -> bool:
        self.was = copy(incident)
        return super()._grow(incident, event, repeat=repeat)


class Twin(Desk):
    """Must be told every decision of the desk beside it, in its order."""

    def __init__(
        self, catalogue: Catalogue, router: Router, wordings: Wordings, routed_alike: Callable[[Event], bool]
    ) -> None:
        """`routed_alike` may say of a report that opens an incident that both desks surely make the same of it."""
        super().__init__(catalogue, router, wordings)
        self._routed_alike = routed_alike
        self._apart: dict[str, Incident] = {}  # incidents on which the two do not agree, as they are here

    def follow(self, event: Event, now: int, said: Decision, was: Incident | None) -> Decision:
        """Decide on an event of which the desk beside has said `said`: that very object where nothing differs.

        `was` is `Watched.was`.
        """
        theirs = said.incident
        if theirs is None:
            return said
        apart = self._apart.get(theirs.incident_id)
        if was is not None:
            mine = copy(apart or was)
            told = self._grow(mine, event, repeat=said.repeat) or event.life_safety
        elif said.outcome == "new" and theirs.revision == 1:
            if apart is None and self._routed_alike(event):
                return said
            mine = self._incident(event, self._items.get(event.item) or self._items[OTHER])
            told = not mine.closed
        else:  # told again, or come again
            mine = copy(apart or theirs)
            told = said.outcome != "redelivered" and not mine.closed
        mine.touched, mine.serial = theirs.touched, theirs.serial
        if apart is None and mine == theirs:
            return said
        self._apart[mine.incident_id] = mine
        return Decision(said.outcome, mine, self._orders(mine, event, now) if told else (), said.repeat, said.reasons)

    def forget(self, is_open: Callable[[str], bool]) -> None:
        """Keep only incidents that the desk beside has."""
        self._apart = {incident_id: mine for incident_id, mine in self._apart.items() if is_open(incident_id)}
