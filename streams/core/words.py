"""The words by which an item of the catalogue is recognised, as they stand in its `words`.

    路灯不亮        this word in the text speaks for the item
    老人+走失       all of these words together speak for it
    -演练           this word rules the item out
    自杀!           counts even in a supposition ("怕他自杀" is an alarm, "怕引起火灾" is not)
    垃圾*0.5        speaks with half of its usual weight

Longer words say more and so weigh more: half a point for each character, three points at most.
"""

from __future__ import annotations

import re

from msgspec import Struct

from streams.errors import SanwangError

_POINT = 0.5  # for each character
_MOST = 3.0
_TOGETHER = 0.5  # words that are found together say more than one word of their length
_PART = r"[^-+*!|\s]+"
_SYNTAX = re.compile(
    rf"(?P<not>-)?(?P<parts>{_PART}(?:\+{_PART})*)(?P<bare>!)?(?:\*(?P<times>\d+(?:\.\d+)?))?", re.ASCII
)


class WordError(SanwangError):
    """A word that cannot be read; its text says which and why."""


class Word(Struct, frozen=True):
    """One word, or several that count only together."""

    parts: tuple[str, ...]
    weight: float  # points that it gives to its item
    forbids: bool = False
    supposed: bool = False  # counts in a supposition as well

    @property
    def shown(self) -> str:
        """The word as it is given as a reason."""
        return "+".join(self.parts)


def read_word(text: str) -> Word:
    """The word that `text` writes down. Raises WordError."""
    match = _SYNTAX.fullmatch(text)
    if match is None:
        raise WordError(f"{text!r} is no word: write 词, 词+词, -词, with ! or *2 behind it if needed")
    parts = tuple(match["parts"].split("+"))
    if len(text) == 1:
        raise WordError(
            f"{text!r} has one character: it is found in too many texts, give it a weight (*2) if it is meant"
        )
    if match["not"] and (len(parts) > 1 or match["bare"] or match["times"]):
        raise WordError(f"{text!r} rules the item out: it takes one word and neither ! nor *")
    times = float(match["times"] or 1.0)
    return Word(parts, _points(parts) * times, forbids=bool(match["not"]), supposed=bool(match["bare"]))


def _points(parts: tuple[str, ...]) -> float:
    return min(_MOST, _POINT * sum(map(len, parts))) + (_TOGETHER if len(parts) > 1 else 0.0)
