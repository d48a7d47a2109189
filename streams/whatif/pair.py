"""Both sides of the comparison: what they have in common is done once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from streams.city.city import City
from streams.core.event import Event
from streams.flow.topics import partition_of
from streams.whatif.alike import heard_alike, matched_alike
from streams.whatif.asked import Asked
from streams.whatif.side import Heard, Side, Told

BEFORE, AFTER, BOTH = 1, 2, 3


class Line(Struct, frozen=True, array_like=True, gc=False):
    """What is said of the report at place `number` of its batch, and on which side: BEFORE, AFTER or BOTH."""

    number: int
    sides: int
    event: Event | None = None
    told: Told | None = None  # a refusal, or what has been decided


class Pair:
    """A city as it is and as it would be. Partitions know nothing of one another, so a pair may be asked for some."""

    def __init__(self, before: City, after: City, partitions: int) -> None:
        """Raises ModelFileError for a model that does not fit its city."""
        self._partitions = partitions
        self._before = Side(before, partitions)
        alike = heard_alike(before, after)
        self._after = Side(after, partitions, self._before if alike else None)
        self._heard_alike = alike and _voice(self._before) == _voice(self._after)
        self._follows = self._heard_alike and matched_alike(before, after)
        if self._follows:
            self._after.stand_beside(self._before)

    def take(self, asked: Sequence[Asked]) -> tuple[list[Told], list[Told]]:
        """What either side says of reports, in their order."""
        return told_of(len(asked), self.decide(self.hear(asked)))

    def hear(self, asked: Sequence[Asked]) -> list[Line]:
        """What the doors make of a batch, in its order."""
        before = self._before.hear(asked)
        if self._heard_alike:
            return [_line(number, BOTH, one) for number, one in enumerate(before)]
        return list(_apart(before, self._after.hear(asked)))

    def share_of(self, lines: Iterable[Line], workers: int) -> list[list[Line]]:
        """The lines by who decides on them: each worker has its own partitions."""
        shares: list[list[Line]] = [[] for _ in range(workers)]
        for line in lines:
            partition = partition_of(line.event.area, self._partitions) if line.event else line.number
            shares[partition % workers].append(line)
        return shares

    def decide(self, lines: Iterable[Line]) -> list[Line]:
        """What has been decided on lines, in their order."""
        decided = [said for line in lines for said in (self._decide(line) if line.event else (line,))]
        self._before.forget()
        self._after.forget()
        return decided

    def _decide(self, line: Line) -> Iterator[Line]:
        event = line.event
        if event is None:
            return
        if line.sides != BOTH:
            side = self._before if line.sides == BEFORE else self._after
            yield Line(line.number, line.sides, told=side.told(event, side.decide(event)))
            return
        said = self._before.decide(event)
        other = self._after.follow(event, said) if self._follows else self._after.decide(event)
        was = self._before.told(event, said)
        would = was if other is said else self._after.told(event, other)
        if was == would:
            yield Line(line.number, BOTH, told=was)
        else:
            yield Line(line.number, BEFORE, told=was)
            yield Line(line.number, AFTER, told=would)


def told_of(reports: int, lines: Iterable[Line]) -> tuple[list[Told], list[Told]]:
    """The decided lines of a batch, in any order, as what either side says of its reports."""
    nothing = Told("", "")
    before, after = [nothing] * reports, [nothing] * reports
    for line in lines:
        told = line.told or nothing
        if line.sides & BEFORE:
            before[line.number] = told
        if line.sides & AFTER:
            after[line.number] = told
    return before, after


def _apart(before: Iterable[Heard], after: Iterable[Heard]) -> Iterator[Line]:
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        if one == other:
            yield _line(number, BOTH, one)
        else:
            yield _line(number, BEFORE, one)
            yield _line(number, AFTER, other)


def _line(number: int, sides: int, heard: Heard) -> Line:
    return Line(number, sides, heard) if isinstance(heard, Event) else Line(number, sides, told=heard)


def _voice(side: Side) -> tuple[str, str] | None:
    return (side.opinion.by, side.opinion.version) if side.opinion else None
