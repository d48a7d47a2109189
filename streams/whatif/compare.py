"""Two sides' words on the same reports, compared: every difference, and the sums of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field

from streams.whatif.asked import Asked
from streams.whatif.pair import BEFORE, BOTH, Said
from streams.whatif.side import Told

Orders = Counter[tuple[str, str]]  # unit and role -> orders, revisions not counted


class Difference(Struct, frozen=True, array_like=True, gc=False):
    """One report on which the sides do not agree in one respect; `number` is its place in its batch."""

    number: int
    kind: str  # class, place, refusal, merged, split, regrouped, ordered, lead, assists, due, urgency
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
    orders: tuple[Orders, Orders] = field(default_factory=lambda: (Counter(), Counter()))  # before, after
    recorded: int = 0  # reports of which the decision of their day is known
    same_item: int = 0  # of these: what the present rules say today as well
    same_incident: int = 0

    @classmethod
    def of(cls, parts: Iterable[Sums]) -> Sums:
        """The sums of several parts together."""
        total = cls()
        for part in parts:
            total.take(part)
        return total

    def take(self, part: Sums) -> None:
        """Add the sums of a part."""
        self.reports += part.reports
        self.incidents = self.incidents[0] + part.incidents[0], self.incidents[1] + part.incidents[1]
        self.kinds += part.kinds
        self.classes += part.classes
        self.leads += part.leads
        self.due_sooner += part.due_sooner
        self.due_later += part.due_later
        for orders, more in zip(self.orders, part.orders, strict=True):
            orders.update(more)
        self.recorded += part.recorded
        self.same_item += part.same_item
        self.same_incident += part.same_incident


class Comparison:
    """Takes what both sides say of the same reports."""

    def __init__(self) -> None:
        self.sums = Sums()
        self._halves: dict[int, Said] = {}  # of one side, while the other has not been told

    def add(self, said: Iterable[Said]) -> list[Difference]:
        """Count in what is said of a batch, in any order; returns its differences in the order of its reports."""
        found: list[Difference] = []
        for one in said:
            if one.sides == BOTH:
                self._count(one.asked, one.told, one.told)
            elif (other := self._halves.pop(one.number, None)) is None:
                self._halves[one.number] = one
            else:
                was, would = (one.told, other.told) if one.sides == BEFORE else (other.told, one.told)
                self._count(one.asked, was, would)
                found += [Difference(one.number, kind, one.asked, was, would) for kind in _kinds(was, would)]
        for difference in found:
            self._count_difference(difference)
        return sorted(found, key=lambda difference: difference.number)

    def take_halves(self) -> list[Said]:
        """What has been said of the batch by one side alone; it is forgotten here."""
        halves = list(self._halves.values())
        self._halves.clear()
        return halves

    def _count(self, asked: Asked, before: Told, after: Told) -> None:
        sums = self.sums
        sums.reports += 1
        sums.incidents = sums.incidents[0] + (before.outcome == "new"), sums.incidents[1] + (after.outcome == "new")
        for orders, told in zip(sums.orders, (before, after), strict=True):
            for order in told.first_orders:
                orders[order] += 1
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
    elif before.ordered != after.ordered and before.outcome == after.outcome:
        kinds.append("ordered")  # orders would be sent where none are, or none where some are
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
