"""The words of the catalogue in a text: which items they speak for, and with how many points.

All words are looked for in one pass. A word gives its item its own weight, less if it speaks for many items, more if
it stands where texts say what they are about; words of danger are looked at closely (`streams.core.guards`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ahocorasick_rs import AhoCorasick, Implementation
from msgspec import Struct

from streams.core.catalogue import Item
from streams.core.guards import Guard, guarded
from streams.core.words import Word, read_word

_TITLE = 30  # characters: what a text begins with is what it is about
_TITLE_TIMES = 1.5
_URGENT = 80  # characters: who tells of danger now does not come to it at the end of a long story
_URGENT_TIMES = 3.0  # a burning rubbish bin is a fire
_NEAR = 40  # characters: words that count only together stand in one sentence

_Span = tuple[int, int]  # start and end in the text
_Hit = tuple[int, int, int]  # word, start, end
Spoken = tuple[str, float]  # a word as it is shown, and the points that it gave


class _Vote(Struct, frozen=True, gc=False):
    """What a word, with the others that it needs beside it, is worth to an item."""

    item: str
    points: float
    guard: Guard
    needs: tuple[str, ...]
    shown: str


class Meaning(Struct, frozen=True, gc=False):
    """What a word does that is searched for."""

    votes: tuple[_Vote, ...]
    bars: tuple[str, ...]  # items that it rules out

    @property
    def items(self) -> set[str]:
        """The items that it speaks for, or against."""
        return {vote.item for vote in self.votes} | set(self.bars)


class Votes:
    """The words of all items of a catalogue, to be counted in texts. Holds no state between texts."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._numbers: dict[str, int] = {}  # of each word that is searched for
        self._votes: dict[int, list[_Vote]] = defaultdict(list)
        self._bars: dict[int, list[str]] = defaultdict(list)  # items that a word rules out
        words = [(item, read_word(text)) for item in items.values() for text in item.words]
        shared = _shared(word for _, word in words)
        for item, word in words:
            self._add(item, word, shared[word.shown])
        self._alone = {word for word, votes in self._votes.items() if any(not vote.needs for vote in votes)}
        self._automaton = AhoCorasick(list(self._numbers), implementation=Implementation.ContiguousNFA)

    def count(self, text: str) -> tuple[dict[str, float], dict[str, list[Spoken]]]:
        """Points of each item, and the words that gave them."""
        points: dict[str, float] = {}
        words: dict[str, list[Spoken]] = {}
        hits: list[_Hit] = self._automaton.find_matches_as_indexes(text, overlapping=True)
        spans: dict[int, list[_Span]] = {}
        for word, start, end in hits:
            spans.setdefault(word, []).append((start, end))
        whole = _whole([hit for hit in hits if hit[0] in self._alone])
        for word, at in spans.items():
            for vote in self._votes.get(word, ()):
                if (vote.needs or word in whole) and ((not vote.needs and not vote.guard) or _earnest(vote, text, at)):
                    given = vote.points * _emphasis(vote, at[0][0])
                    points[vote.item] = points.get(vote.item, 0.0) + given
                    words.setdefault(vote.item, []).append((vote.shown, given))
        for word in spans.keys() & self._bars.keys():
            for code in self._bars[word]:
                points.pop(code, None)
        return points, words

    def meanings(self) -> dict[str, Meaning]:
        """All that is searched for: a text's count follows from what of it stands in the text."""
        return {
            word: Meaning(tuple(self._votes.get(number, ())), tuple(self._bars.get(number, ())))
            for word, number in self._numbers.items()
        }

    def _add(self, item: Item, word: Word, sharers: int) -> None:
        first, *needs = sorted(word.parts, key=len, reverse=True)  # the longest is the rarest, and searched for
        number = self._numbers.setdefault(first, len(self._numbers))
        if word.forbids:
            self._bars[number].append(item.code)
        else:
            points = word.weight / sharers**0.5
            self._votes[number].append(_Vote(item.code, points, _guard(item, word), tuple(needs), word.shown))


def _shared(words: Iterable[Word]) -> dict[str, int]:
    """How many items each word speaks for: what speaks for many says little."""
    count: dict[str, int] = defaultdict(int)
    for word in words:
        count[word.shown] += 1
    return count


def _guard(item: Item, word: Word) -> Guard:
    """Words of danger are looked at closely; a limit in minutes tells danger now from a hazard."""
    if not item.life_safety:
        return Guard.NONE
    return Guard.SUPPOSED if item.limit.endswith("m") and not word.supposed else Guard.DENIED


def _emphasis(vote: _Vote, start: int) -> float:
    """How much more a word counts for where it stands."""
    times = _TITLE_TIMES if start < _TITLE else 1.0
    return times * _URGENT_TIMES if vote.guard and start < _URGENT else times


def _earnest(vote: _Vote, text: str, at: list[_Span]) -> bool:
    """Do all its words stand together somewhere, and are none of them denied or supposed there?"""
    for start, end in at:
        spans = [(start, end)]
        for part in vote.needs:
            found = text.find(part, max(0, start - _NEAR), end + _NEAR)
            if found < 0:
                break
            spans.append((found, found + len(part)))
        else:
            if not any(guarded(text, first, last, vote.guard) for first, last in spans):
                return True
    return False


def _whole(hits: list[_Hit]) -> set[int]:
    """The words found outside longer ones: in 非机动车 there is no 机动车. `hits` are in the order of their ends."""
    kept: list[_Hit] = []
    for hit in hits:
        while kept and kept[-1][1] >= hit[1]:
            kept.pop()
        if not kept or kept[-1][2] != hit[2]:
            kept.append(hit)
    return {hit[0] for hit in kept}
