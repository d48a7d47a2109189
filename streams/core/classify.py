"""Which item of the catalogue a report is about: by its source's code, else by the words of its text.

A source's own code is taken at its word. Where it is missing, unknown or mapped to 其他, the words of the items are
looked for in one pass over the text; each item gets the points of its words, and the best one is taken if it has enough
of them: a text that says nothing is 其他 (`OTHER`), never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from ahocorasick_rs import AhoCorasick, Implementation
from msgspec import Struct

from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.event import Classified, Feed
from streams.core.guards import Guard, guarded
from streams.core.words import Word, read_word

READ = 2_000  # characters of a text that are looked at: the longest reports repeat themselves
THRESHOLD = 0.32  # a score below it is no answer; one rare word of two characters reaches 0.33
ALTERNATIVES = 3

_HALF = 2.0  # points that make a score of 0.5
_TITLE = 30  # characters: what a text begins with is what it is about
_TITLE_TIMES = 1.5
_URGENT_TIMES = 2.0  # a burning rubbish bin is a fire
_SAME_CHANNEL = 1.1
_SAME_CLASS = 1.5
_SAME_NAME = 4.0  # points for an item whose very name the source gave
_CHANNEL: dict[Feed, str] = {"hotline": "12345", "police": "110", "grid": "grid"}

_Hit = tuple[int, int, int]  # word, start, end


class _Vote(Struct, frozen=True, gc=False):
    """What a word, found together with the others that it needs, is worth to an item."""

    item: str
    points: float
    guard: Guard
    needs: tuple[int, ...]
    shown: str


class Classifier:
    """Classifies reports under one catalogue. Holds no state between reports."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._numbers: dict[str, int] = {}  # of each word
        self._votes: dict[int, list[_Vote]] = defaultdict(list)
        self._bars: dict[int, list[str]] = defaultdict(list)  # items that a word rules out
        words = [(item, read_word(text)) for item in catalogue.items.values() for text in item.words]
        shared = _shared(word for _, word in words)
        for item, word in words:
            self._add(item, word, shared)
        self._automaton = AhoCorasick(list(self._numbers), implementation=Implementation.ContiguousNFA)
        self._named = {item.name: item.code for item in catalogue.items.values() if item.code != OTHER}

    def classify(self, feed: Feed, codes: tuple[str, ...], labels: tuple[str, ...], text: str) -> Classified:
        """The item of a report.

        `codes` and `labels` are the source's own, most specific first. A score of 1.0 means by code; by text it grows
        from 0 to 1 with the points found. Reasons are the words that spoke for the item.
        """
        by_code = self._by_code(feed, codes)
        return by_code if by_code is not None else self._by_text(feed, labels, text[:READ])

    def _by_code(self, feed: Feed, codes: tuple[str, ...]) -> Classified | None:
        table = self._catalogue.codes.get(feed, {})
        for code in codes:
            item = table.get(code)
            if item == OTHER:
                return None  # the table says: look at the text
            if item is not None and item in self._catalogue.items:
                return Classified(item, "code", 1.0, (f"code {code}",))
        return None

    def _by_text(self, feed: Feed, labels: tuple[str, ...], text: str) -> Classified:
        points, reasons = self._count(text)
        if labels:
            self._add_labels(points, reasons, labels)
        if not points:
            return Classified(OTHER, "none", 0.0)
        channel, items = _CHANNEL[feed], self._catalogue.items
        for code in points:
            if items[code].channel == channel:
                points[code] *= _SAME_CHANNEL
        ranked = sorted(points, key=lambda code: (-points[code], code))
        best = ranked[0]
        score = round(points[best] / (points[best] + _HALF), 3)
        if score < THRESHOLD:
            return Classified(OTHER, "none", score, (), tuple(ranked[:ALTERNATIVES]))
        return Classified(best, "text", score, tuple(reasons[best]), tuple(ranked[1 : 1 + ALTERNATIVES]))

    def _count(self, text: str) -> tuple[dict[str, float], dict[str, list[str]]]:
        """Points of each item, and the words that gave them."""
        hits: list[_Hit] = self._automaton.find_matches_as_indexes(text, overlapping=True)
        places: dict[int, list[_Hit]] = {}
        for hit in hits:
            places.setdefault(hit[0], []).append(hit)
        longest = {hit[0] for hit in _longest(hits)}
        points: dict[str, float] = defaultdict(float)
        reasons: dict[str, list[str]] = defaultdict(list)
        for word, at in places.items():
            for vote in self._votes[word] if word in self._votes else ():
                if (vote.needs or word in longest) and _counts(vote, places, text, at):
                    points[vote.item] += vote.points * (_TITLE_TIMES if at[0][1] < _TITLE else 1.0)
                    reasons[vote.item].append(vote.shown)
        for word in places.keys() & self._bars.keys():
            for code in self._bars[word]:
                points.pop(code, None)
        return points, reasons

    def _add_labels(self, points: dict[str, float], reasons: dict[str, list[str]], labels: tuple[str, ...]) -> None:
        """The source's own class names speak for an item of that name, and back the items of a class of that name."""
        for label in labels:
            code = self._named.get(label)
            if code is not None:
                points[code] = points.get(code, 0.0) + _SAME_NAME
                reasons.setdefault(code, []).append(label)
        for code in points:
            if self._catalogue.items[code].class_name in labels:
                points[code] *= _SAME_CLASS

    def _add(self, item: Item, word: Word, shared: dict[str, int]) -> None:
        numbers = [self._numbers.setdefault(part, len(self._numbers)) for part in word.parts]
        if word.forbids:
            self._bars[numbers[0]].append(item.code)
            return
        guard = _guard(item, word)
        points = word.weight / shared[word.shown] ** 0.5 * (_URGENT_TIMES if guard else 1.0)
        self._votes[numbers[0]].append(_Vote(item.code, points, guard, tuple(numbers[1:]), word.shown))


def _shared(words: Iterable[Word]) -> dict[str, int]:
    """How many items each word speaks for: what speaks for many says little."""
    count: dict[str, int] = defaultdict(int)
    for word in words:
        count[word.shown] += 1
    return count


def _guard(item: Item, word: Word) -> Guard:
    """Words of danger now are looked at closely; a limit in minutes tells them from those of a hazard."""
    if not item.life_safety:
        return Guard.NONE
    return Guard.SUPPOSED if item.limit.endswith("m") and not word.supposed else Guard.DENIED


def _counts(vote: _Vote, places: dict[int, list[_Hit]], text: str, at: list[_Hit]) -> bool:
    """Are all its words there, and each of them at least once in earnest?"""
    if any(word not in places for word in vote.needs):
        return False
    if vote.guard is Guard.NONE:
        return True
    found = chain((at,), (places[word] for word in vote.needs))
    return all(any(not guarded(text, start, end, vote.guard) for _, start, end in hits) for hits in found)


def _longest(hits: list[_Hit]) -> list[_Hit]:
    """The hits that lie in no longer one: in 非机动车 there is no 机动车. `hits` are in the order of their ends."""
    kept: list[_Hit] = []
    for hit in hits:
        while kept and kept[-1][1] >= hit[1] and kept[-1][0] != hit[0]:
            kept.pop()
        if not kept or kept[-1][2] != hit[2]:
            kept.append(hit)
    return kept
