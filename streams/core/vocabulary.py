"""The words that a routing condition may use: fields, flags, and the values of each in a given city."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from msgspec import Struct

from streams.core.area import LEVELS, Area, significant
from streams.core.catalogue import Catalogue, Item
from streams.core.event import FEEDS, WISHES
from streams.core.sectors import canonical

Value = str | int | bool
Facts = Mapping[str, Value]

DAY_MINUTES = 24 * 60
FLAGS = ("workday", "life_safety", "ambiguous", "self_handled")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")


class ConditionError(ValueError):
    """A fault in a condition: what, where (offset in its text), and what would be right."""

    def __init__(self, message: str, offset: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.suggestion = suggestion


class Field(Struct, frozen=True):
    """A field of the language: the fact that it asks for, and what each of its words stands for.

    The order of `words` is the order of ranges and comparisons; `cyclic` ranges may run over the end (fri-mon).
    """

    name: str
    fact: str
    words: Mapping[str, frozenset[Value]]
    ordered: bool = False
    cyclic: bool = False
    flag: bool = False
    read: Callable[[str], frozenset[Value] | None] | None = None  # for words that cannot be listed

    @property
    def all(self) -> frozenset[Value]:
        """All that the words stand for."""
        return frozenset[Value]().union(*self.words.values())

    def among(self, word: str, offset: int) -> frozenset[Value]:
        """What a word or a range (from-to) stands for. Raises ConditionError on an unknown one."""
        first, dash, last = word.partition("-")
        if self.read is not None or not dash:
            return self._one(word, offset)
        self._one(first, offset)
        self._one(last, offset + len(first) + 1)
        names = list(self.words)
        begin, end = names.index(first), names.index(last)
        if begin > end and not self.cyclic:
            raise ConditionError(f"the range {word} runs backwards", offset, f"{last}-{first}")
        chosen = names[begin : end + 1] if begin <= end else names[begin:] + names[: end + 1]
        return frozenset[Value]().union(*(self.words[name] for name in chosen))

    def compare(self, sign: str, word: str, offset: int) -> frozenset[Value]:
        """What stands in that relation to a word. Raises ConditionError where there is no order."""
        if sign == "=":
            return self._one(word, offset)
        if sign == "!=":
            return self.all - self._one(word, offset) if self.read is None else self._refuse(sign, offset)
        if not self.ordered:
            return self._refuse(sign, offset)
        self._one(word, offset)
        names = list(self.words)
        at = names.index(word) + (1 if sign in ("<=", ">") else 0)
        chosen = names[:at] if sign.startswith("<") else names[at:]
        return frozenset[Value]().union(*(self.words[name] for name in chosen))

    def _refuse(self, sign: str, offset: int) -> frozenset[Value]:
        raise ConditionError(f"{self.name} cannot be compared with {sign}", offset, f"{self.name} in ..., not in ...")

    def _one(self, word: str, offset: int) -> frozenset[Value]:
        values = self.read(word) if self.read else self.words.get(canonical(word))
        if values is None:
            what = f"{word!r} is no {self.name}" if word else f"{self.name} of what? the condition ends here"
            raise ConditionError(what, offset, suggest(word, self.words))
        return values


class Vocabulary:
    """All fields, with the items and areas of one city."""

    def __init__(self, catalogue: Catalogue, areas: Mapping[str, Area]) -> None:
        items = [catalogue.items[code] for code in sorted(catalogue.items)]
        fields = (
            Field("item", "item", _grouped(items, lambda item: item.code)),
            Field("class", "item", _grouped(items, lambda item: item.class_code)),
            Field("domain", "item", _grouped(items, lambda item: item.domain)),
            Field("sector", "item", _grouped(items, lambda item: canonical(item.lead))),
            Field("urgency", "urgency", {str(n): frozenset({n}) for n in (1, 2, 3, 4)}, ordered=True),
            Field("feed", "feed", {feed: frozenset({feed}) for feed in FEEDS}),
            Field("wish", "wish", {wish: frozenset({wish}) for wish in WISHES}),
            Field("place", "place", {level: frozenset({level}) for level in LEVELS}),
            Field("area", "area", {}, read=lambda word: _area(word, areas)),
            Field(
                "hour", "minute", {str(h): _minutes(h * 60, h * 60 + 60) for h in range(24)}, ordered=True, cyclic=True
            ),
            Field("time", "minute", {}, read=_time),
            Field("weekday", "weekday", {day: frozenset({n}) for n, day in enumerate(WEEKDAYS)}, cyclic=True),
            *(Field(flag, flag, {"true": frozenset({True})}, flag=True) for flag in FLAGS),
        )
        self._fields = {field.name: field for field in fields}
        self.universe: dict[str, frozenset[Value]] = {}
        for field in fields:
            self.universe[field.fact] = self.universe.get(field.fact, frozenset()) | field.all
        self.universe["wish"] |= {""}  # the police and the grid have none
        self.universe |= {flag: frozenset({True, False}) for flag in FLAGS}

    def field(self, name: str, offset: int) -> Field:
        """The field of that name. Raises ConditionError, with a suggestion."""
        if name not in self._fields:
            hint = suggest(name, self._fields) or "one of " + ", ".join(self._fields)
            raise ConditionError(f"unknown field {name!r}" if name else "a condition is missing here", offset, hint)
        return self._fields[name]


def suggest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like this one, as a question; empty if none does."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def _grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, frozenset[Value]]:
    groups: dict[str, set[Value]] = {}
    for item in items:
        groups.setdefault(key(item), set()).add(item.code)
    return {name: frozenset(codes) for name, codes in groups.items()}


def _minutes(begin: int, end: int) -> frozenset[Value]:
    return frozenset(range(begin, end))


def _time(word: str) -> frozenset[Value] | None:
    """Minutes of the day of `22:00-06:00`, the end not included; None if it is not of that form."""
    marks = [_CLOCK.fullmatch(mark) for mark in word.split("-")]
    if len(marks) != 2 or None in marks:
        return None
    begin, end = (int(mark[1]) * 60 + int(mark[2]) for mark in marks if mark)
    if max(begin, end) > DAY_MINUTES:
        return None
    return _minutes(begin, end) if begin < end else _minutes(begin, DAY_MINUTES) | _minutes(0, end)


def _area(word: str, areas: Mapping[str, Area]) -> frozenset[Value] | None:
    """The significant digits of a known area's code; None if it is no such code."""
    padded = word.ljust(12, "0")
    if not word.isdigit() or padded not in areas:
        return None
    return frozenset({significant(padded)})
