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
from streams.core.wording import Wordings
from streams.whatif.desks import FirstDesk
from streams.whatif.kept import Kept


class Twin(FirstDesk):
    """Must be told every decision of the desk beside it, the `first`, in its order."""

    def __init__(
        self, catalogue: Catalogue, router: Router, wordings: Wordings, first: FirstDesk,
        routed_alike: Callable[[Event], bool],
    ) -> None:
        """`routed_alike` is as for `SecondDesk`."""  # fmt: skip
        super().__init__(catalogue, router, wordings)
        self._first = first
        self._routed_alike = routed_alike
        self._apart: Kept[Incident] = Kept()  # incidents on which the two do not agree, as they are here

    def follow(self, event: Event, now: int, said: Decision) -> Decision:
        """See `SecondDesk.follow`."""
        theirs = said.incident
        if theirs is None:
            return said
        apart = self._apart.get(theirs.incident_id)
        if (was := self._first.was) is not None:
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

    def has_open(self, incident_id: str) -> bool:
        """See `FirstDesk.has_open`."""
        return self._first.has_open(incident_id)

    def forget(self) -> None:
        """See `FirstDesk.forget`."""
        self._apart.forget(self.has_open)
