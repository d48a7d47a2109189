"""Both sides of the comparison: what they have in common is done once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from streams.city.city import City
from streams.core.event import Event
from streams.whatif.alike import Hearing
from streams.whatif.asked import Asked
from streams.whatif.second_side import SecondSide
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
        self._hearing = Hearing(before, after)
        self._before = Side(before, partitions, key)
        self._second = SecondSide(after, key, self._before, self._hearing) if self._hearing.placed_alike else None
        self._after = self._second or Side(after, partitions, key)
        self._said_alike = self._before.voice == self._after.voice

    def hear(self, numbers: Sequence[int], asked: Sequence[Asked]) -> tuple[list[Line], list[Said]]:
        """What the doors make of reports, which have these places in their batch: events and refusals, in order."""
        lines: list[Line] = []
        refused: list[Said] = []
        heard = self._opined([self._accept(one) for one in asked])
        for number, one, (was, would) in zip(numbers, asked, heard, strict=True):
            same = was is would or was == would
            for sides, made in ((BOTH, was),) if same else ((BEFORE, was), (AFTER, would)):
                if isinstance(made, Told):
                    refused.append(Said(number, sides, one, made))
                else:
                    lines.append(Line(number, sides, one, made))
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
        was, hearing = self._before.accept(asked), self._hearing
        alike = hearing.alike or (
            hearing.placed_alike if isinstance(was, Told) else hearing.is_alike(asked.report, was)
        )
        return was, was if alike else self._after.accept(asked)

    def _opined(self, accepted: Sequence[tuple[Heard, Heard]]) -> Sequence[tuple[Heard, Heard]]:
        """With the say of the cities' models; one that they share is asked once where its answer surely serves both."""
        before = self._before.opined([was for was, _ in accepted])
        if self._hearing.alike and self._said_alike:
            return [(was, was) for was in before]
        apart = [n for n, (was, would) in enumerate(accepted) if not self._opined_alike(was, would, before[n])]
        after = dict(zip(apart, self._after.opined([accepted[n][1] for n in apart]), strict=True))
        return [(was, after.get(n, was)) for n, was in enumerate(before)]

    def _opined_alike(self, was: Heard, would: Heard, opined: Heard) -> bool:
        if not self._said_alike or was is not would:
            return False
        return isinstance(opined, Told) or opined.item not in self._hearing.items

    def _decide(self, line: Line) -> tuple[Said, ...]:
        event = line.event
        if line.sides != BOTH:
            return (Said(line.number, line.sides, line.asked, self._told(line.sides, event)),)
        if self._second is None:
            was, would = self._told(BEFORE, event), self._told(AFTER, event)
        else:
            said = self._before.decide(event)
            other = self._second.follow(event, said)
            was = self._before.told(event, said)
            would = was if other is said else self._second.told(event, other)
        if was is would or was == would:
            return (Said(line.number, BOTH, line.asked, was),)
        return Said(line.number, BEFORE, line.asked, was), Said(line.number, AFTER, line.asked, would)

    def _told(self, sides: int, event: Event) -> Told:
        """What one side alone says of an event."""
        side = self._before if sides == BEFORE else self._after
        decision = side.decide(event)
        if self._second:
            self._second.stay_apart(decision.incident)
        return side.told(event, decision)
