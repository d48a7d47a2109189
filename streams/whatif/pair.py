"""Both sides of the comparison: what they have in common is done once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from streams.city.city import City
from streams.core.event import Event
from streams.whatif.alike import heard_alike, matched_alike
from streams.whatif.asked import Asked
from streams.whatif.side import Heard, Side, Told

BEFORE, AFTER, BOTH = 1, 2, 3


class Line(Struct, frozen=True, array_like=True, gc=False):
    """The event of the report at place `number` of its batch, and on which side it is one: BEFORE, AFTER or BOTH."""

    number: int
    sides: int
    asked: Asked
    event: Event


class Said(Struct, frozen=True, array_like=True, gc=False):
    """What is said of the report at place `number` of its batch, and on which side: BEFORE, AFTER or BOTH."""

    number: int
    sides: int
    asked: Asked
    told: Told


class Pair:
    """A city as it is and as it would be. Partitions know nothing of one another, so a pair may be asked for some."""

    def __init__(self, before: City, after: City, partitions: int, key: bytes | None = None) -> None:
        """`key` is as for `Door`; raises ModelFileError for a model that does not fit its city."""
        self._before = Side(before, partitions, key)
        self._after = Side(after, partitions, key, self._before)
        self._accepted_alike = heard_alike(before, after)
        self._heard_alike = self._accepted_alike and _voice(self._before) == _voice(self._after)
        self._follows = self._heard_alike and matched_alike(before, after)
        if self._follows:
            self._after.stand_beside(self._before)

    def hear(self, numbers: Sequence[int], asked: Sequence[Asked]) -> tuple[list[Line], list[Said]]:
        """What the doors make of reports, which have these places in their batch: events and refusals, in order."""
        lines: list[Line] = []
        refused: list[Said] = []
        both = [self._accept(one) for one in asked]
        before = self._before.opined([was for was, _ in both])
        after = before if self._heard_alike else self._after.opined([would for _, would in both])
        for number, one, was, would in zip(numbers, asked, before, after, strict=True):
            same = was is would or was == would
            for sides, heard in ((BOTH, was),) if same else ((BEFORE, was), (AFTER, would)):
                if isinstance(heard, Told):
                    refused.append(Said(number, sides, one, heard))
                else:
                    lines.append(Line(number, sides, one, heard))
        return lines, refused

    def decide(self, lines: Iterable[Line]) -> list[Said]:
        """What is decided on lines, in their order."""
        decided: list[Said] = []
        for line in lines:
            decided += self._decide(line)
        self._before.forget()
        self._after.forget()
        return decided

    def _accept(self, asked: Asked) -> tuple[Heard, Heard]:
        was = self._before.accept(asked)
        return was, was if self._accepted_alike else self._after.accept(asked)

    def _decide(self, line: Line) -> tuple[Said, ...]:
        event = line.event
        if line.sides != BOTH:
            side = self._before if line.sides == BEFORE else self._after
            return (Said(line.number, line.sides, line.asked, side.told(event, side.decide(event))),)
        said = self._before.decide(event)
        other = self._after.follow(event, said) if self._follows else self._after.decide(event)
        was = self._before.told(event, said)
        would = was if other is said else self._after.told(event, other)
        if was is would or was == would:
            return (Said(line.number, BOTH, line.asked, was),)
        return Said(line.number, BEFORE, line.asked, was), Said(line.number, AFTER, line.asked, would)


def _voice(side: Side) -> tuple[str, str] | None:
    return (side.opinion.by, side.opinion.version) if side.opinion else None
