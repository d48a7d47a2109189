"""Files of incidents say what plain lists would say."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streams.core.filing import Filing, Place

KINDS = st.sampled_from(["01", "02", ""])
PLACES: st.SearchStrategy[Place] = st.sampled_from([1, 2, "330101", "暴雨"])
MOST = 3


class Files(RuleBasedStateMachine):
    """Incidents are filed and taken out in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.filing = Filing()
        self.lists: dict[tuple[str, Place], list[Any]] = defaultdict(list)

    @rule(kind=KINDS, place=PLACES)
    def add(self, kind: str, place: Place) -> None:
        incident: Any = object()
        self.filing.add(kind, place, incident)
        self.lists[kind, place].append(incident)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        filled = [key for key, listed in self.lists.items() if listed]
        if filled:
            kind, place = data.draw(st.sampled_from(filled))
            incident = data.draw(st.sampled_from(self.lists[kind, place]))
            self.filing.remove(kind, place, incident)
            self.lists[kind, place].remove(incident)

    @invariant()
    def says_the_same(self) -> None:
        for (kind, place), listed in self.lists.items():
            assert list(self.filing.newest(kind, place, MOST)) == listed[::-1][:MOST]


TestFiles = Files.TestCase
