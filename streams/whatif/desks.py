"""Two desks of the same areas: what both surely find and open is found and opened once, and each keeps its own.

What a desk finds follows from the report, from its item's window and distance, and from the open incidents that are
filed where it looks (`streams.core.neighbourhood`). So the second desk takes note of every file in which the two may
have different incidents; elsewhere it takes over what the first has found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container
from copy import copy

from streams.core.catalogue import Catalogue, Item
from streams.core.decision import Decision, Incident
from streams.core.event import Event
from streams.core.filing import Place
from streams.core.neighbourhood import files_of, kind_near, places_near
from streams.core.route import Router
from streams.core.triage import Desk
from streams.core.wording import Wordings

Found = tuple[Incident, tuple[str, ...]]  # an incident, and the evidence for it
Looked = tuple[Event, Found | None]  # for which report an incident was looked for, and what was found


class FirstDesk(Desk):
    """A desk that remembers of its latest decision what another may use."""

    #: How the incident was before it; None where no open one was joined.
    was: Incident | None = None
    #: None where the report was known.
    looked: Looked | None = None

    def decide(self, event: Event, now: int) -> Decision:
        """See `Desk.decide`."""
        self.was = self.looked = None
        return super().decide(event, now)

    def has_open(self, incident_id: str) -> bool:
        """Is an incident still open."""
        return self.open.get(incident_id) is not None

    def forget(self) -> None:
        """To be called now and then: drop what nobody asks for any more."""
        self.take_changes()

    def _find(self, event: Event, item: Item) -> Found | None:
        found = super()._find(event, item)
        self.looked = event, found
        return found

    def _grow(self, incident: Incident, event: Event, *, repeat: bool) -> bool:
        self.was = copy(incident)
        return super()._grow(incident, event, repeat=repeat)


class SecondDesk(FirstDesk):
    """A desk that is asked about every report after the `first`, in the same order."""

    def __init__(
        self, catalogue: Catalogue, router: Router, wordings: Wordings, first: FirstDesk,
        moved: Container[str], routed_alike: Callable[[Event], bool],
    ) -> None:
        """`moved` are the items whose window or distance is not the same in both cities.

        `routed_alike` may say of a report that opens an incident that both desks surely make the same of it.
        """  # fmt: skip
        super().__init__(catalogue, router, wordings)
        self._first = first
        self._moved = moved
        self._routed_alike = routed_alike
        self._said: Decision | None = None  # what the first has decided on the report in hand
        self._apart: defaultdict[str, set[Place]] = defaultdict(set)  # kind -> where the two may have different ones
        self._in_step = True

    def follow(self, event: Event, now: int, said: Decision) -> Decision:
        """Decide on a report on which the first has just decided: that very decision where nothing differs."""
        self._said = said
        decision = self.decide(event, now)
        self._said = None
        return said if decision is said or decision == said else decision

    def decide(self, event: Event, now: int) -> Decision:
        """See `Desk.decide`. Of a report that is not the same to both, the first must have been asked just before."""
        decision = super().decide(event, now)
        theirs, mine = self._first.looked, self.looked
        if mine is None or theirs is None:
            self._in_step = self._in_step and mine is theirs  # who knows a report does not take its clock
        elif mine is not theirs and (theirs[0] is not event or _name(mine) != _name(theirs)):
            self._part(decision.incident)
            self._part(self._first.open.incident_of(event.event_id))
        elif decision.outcome == "new" and event.item in self._moved:
            self._part(decision.incident)  # it will be forgotten sooner here, or later
        return decision

    def _find(self, event: Event, item: Item) -> Found | None:
        theirs = self._first.looked
        if theirs is None or theirs[0] is not event or not self._surely_alike(event, item):
            return super()._find(event, item)
        self.looked = theirs
        found = theirs[1]
        own = self.open.get(_name(theirs))
        return (own, found[1]) if own and found else None

    def _open(self, event: Event, item: Item, now: int) -> Decision:
        said, looked = self._said, self._first.looked
        if not said or not said.incident or not looked or looked[1] or not self._routed_alike(event):
            return super()._open(event, item, now)
        self._keep(copy(said.incident))
        return said

    def _surely_alike(self, event: Event, item: Item) -> bool:
        """Do both find the same for a report that is the same to both."""
        if not self._in_step or item.code in self._moved or event.parent:
            return False
        apart = self._apart.get(kind_near(event))
        return not apart or apart.isdisjoint(places_near(event, item, self._wordings))

    def _part(self, incident: Incident | None) -> None:
        """Take note that an incident may differ, or be open on one side alone."""
        if incident:
            for kind, place in files_of(incident, self._wordings):
                self._apart[kind].add(place)


def _name(looked: Looked) -> str:
    """Of the incident that was found, "" where none was."""
    return looked[1][0].incident_id if looked[1] else ""
