"""Two sides' words on the same reports, compared: every difference, and the sums of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct, field

from streams.whatif.asked import Asked
from streams.whatif.side import Told


class Load(Struct):
    """Orders of one unit on one side, revisions not counted."""

    lead: int = 0
    assist: int = 0

    @property
    def orders(self) -> int:
        """All of them."""
        return self.lead + self.assist


class Difference(Struct, frozen=True, gc=False):
    """One report on which the sides do not agree in one respect."""

    kind: str  # class, place, refusal, merged, split, regrouped, lead, assists, due, urgency
    asked: Asked
    before: Told
    after: Told


class Sums(Struct):
    """What all reports come to. `classes` and `leads` count moves from one to another; times in ms."""

    reports: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    incidents: tuple[int, int] = (0, 0)  # before, after
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)
    leads: Counter[tuple[str, str]] = field(default_factory=Counter)
    due_sooner: int = 0
    due_later: int = 0
    loads: tuple[dict[str, Load], dict[str, Load]] = field(default_factory=lambda: ({}, {}))  # before, after, by unit
    recorded: int = 0  # reports of which the decision of their day is known
    same_item: int = 0  # of these: what the present rules say today as well
    same_incident: int = 0


class Comparison:
    """Takes what both sides said of the same reports, in their order."""

    def __init__(self) -> None:
        self.sums = Sums()

    def add(self, asked: Sequence[Asked], before: Sequence[Told], after: Sequence[Told]) -> list[Difference]:
        """Count a batch in; returns its differences."""
        found: list[Difference] = []
        for one, was, would in zip(asked, before, after, strict=True):
            self._count(one, was, would)
            if was != would:
                found += [Difference(kind, one, was, would) for kind in _kinds(was, would)]
        for difference in found:
            self._count_difference(difference)
        return found

    def _count(self, asked: Asked, before: Told, after: Told) -> None:
        sums = self.sums
        sums.reports += 1
        sums.incidents = sums.incidents[0] + (before.outcome == "new"), sums.incidents[1] + (after.outcome == "new")
        for loads, told in zip(sums.loads, (before, after), strict=True):
            for unit, role in told.first_orders:
                load = loads.setdefault(unit, Load())
                if role == "lead":
                    load.lead += 1
                else:
                    load.assist += 1
        if asked.item:
            sums.recorded += 1
            sums.same_item += asked.item == before.item
            sums.same_incident += asked.incident_id == before.incident_id

    def _count_difference(self, found: Difference) -> None:
        sums, before, after = self.sums, found.before, found.after
        sums.kinds[found.kind] += 1
        match found.kind:
            case "class":
                sums.classes[before.item, after.item] += 1
            case "lead":
                sums.leads[before.lead, after.lead] += 1
            case "due":
                sums.due_sooner += after.due_at < before.due_at
                sums.due_later += after.due_at > before.due_at


def _kinds(before: Told, after: Told) -> list[str]:
    """In which respects do they differ?"""
    if "refused" in (before.outcome, after.outcome):
        return ["refusal"] if (before.outcome, before.why) != (after.outcome, after.why) else []
    kinds = [kind for kind, differs in (("class", before.item != after.item), ("place", before.area != after.area))
             if differs]  # fmt: skip
    if before.incident_id != after.incident_id:
        kinds.append(_regrouped(before, after))
    if before.ordered and after.ordered:
        kinds += [
            kind
            for kind, differs in (
                ("lead", before.lead != after.lead), ("assists", set(before.assists) != set(after.assists)),
                ("due", before.due_at != after.due_at), ("urgency", before.urgency != after.urgency),
            )
            if differs
        ]  # fmt: skip
    return kinds


def _regrouped(before: Told, after: Told) -> str:
    if before.outcome == "new" and after.outcome == "linked":
        return "merged"  # an incident of its own would join another
    if before.outcome == "linked" and after.outcome == "new":
        return "split"  # a report that had joined would be an incident of its own
    return "regrouped"  # it would join another incident
