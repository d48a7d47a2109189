"""Which item of the catalogue a report is about: by its source's code, else by the words of its text.

A source's own code is taken at its word. Where it is missing, unknown or mapped to 其他, the words of the items are
looked for in one pass over the text; each item gets the points of its words, and the best one is taken if it has enough
of them: a text that says nothing is 其他 (`OTHER`), never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, Implementation
from msgspec import Struct

from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.event import Classified, Feed
from streams.core.guards import Guard, guarded
from streams.core.words import Word, read_word

READ = 2_000  # characters of a text that are looked at: the longest reports repeat themselves
THRESHOLD = 0.32  # a score below it is no answer
ALTERNATIVES = 3

_DOUBT = 1.5  # points that an item needs for a score of 0.5 when nothing speaks for another
_RIVAL = 0.5  # and how much of the next item's points it needs on top
_TITLE = 30  # characters: what a text begins with is what it is about
_TITLE_TIMES = 1.5
_URGENT = 80  # characters: who tells of danger now does not come to it at the end of a long story
_URGENT_TIMES = 3.0  # a burning rubbish bin is a fire
_NEAR = 40  # characters: words that count only together stand in one sentence
_SAME_CHANNEL = 1.1
_SAME_CLASS = 1.5
_SAME_NAME = 4.0  # points for an item whose very name the source gave
_CHANNEL: dict[Feed, str] = {"hotline": "12345", "police": "110", "grid": "grid"}

_Span = tuple[int, int]  # start and end in the text
_Hit = tuple[int, int, int]  # word, start, end


class _Vote(Struct, frozen=True, gc=False):
    """What a word, with the others that it needs beside it, is worth to an item."""

    item: str
    points: float
    guard: Guard
    needs: tuple[str, ...]
    shown: str


class Classifier:
    """Classifies reports under one catalogue. Holds no state between reports."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._numbers: dict[str, int] = {}  # of each word that is searched for
        self._votes: dict[int, list[_Vote]] = defaultdict(list)
        self._bars: dict[int, list[str]] = defaultdict(list)  # items that a word rules out
        words = [(item, read_word(text)) for item in catalogue.items.values() for text in item.words]
        shared = _shared(word for _, word in words)
        for item, word in words:
            self._add(item, word, shared[word.shown])
        self._alone = {word for word, votes in self._votes.items() if any(not vote.needs for vote in votes)}
        self._automaton = AhoCorasick(list(self._numbers), implementation=Implementation.ContiguousNFA)
        self._named = {item.name: item.code for item in catalogue.items.values() if item.code != OTHER}

    def classify(self, feed: Feed, codes: tuple[str, ...], labels: tuple[str, ...], text: str) -> Classified:
        """The item of a report.

        `codes` and `labels` are the source's own, most specific first. A score of 1.0 means by code; by text it grows
        from 0 to 1 with the points found and shrinks with those of the next item. Reasons are the words that spoke for
        the item. Only the first `READ` characters of `text` are looked at.
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
        best, *others = sorted(points, key=lambda code: (-points[code], code))
        rival = points[others[0]] if others else 0.0
        score = round(points[best] / (points[best] + _DOUBT + _RIVAL * rival), 3)
        if score < THRESHOLD:
            return Classified(OTHER, "none", score, (), (best, *others[: ALTERNATIVES - 1]))
        return Classified(best, "text", score, tuple(reasons[best]), tuple(others[:ALTERNATIVES]))

    def _count(self, text: str) -> tuple[dict[str, float], dict[str, list[str]]]:
        """Points of each item, and the words that gave them."""
        points: dict[str, float] = {}
        reasons: dict[str, list[str]] = {}
        hits: list[_Hit] = self._automaton.find_matches_as_indexes(text, overlapping=True)
        spans: dict[int, list[_Span]] = {}
        for word, start, end in hits:
            spans.setdefault(word, []).append((start, end))
        whole = _whole([hit for hit in hits if hit[0] in self._alone])
        for word, at in spans.items():
            for vote in self._votes.get(word, ()):
                if (vote.needs or word in whole) and ((not vote.needs and not vote.guard) or _earnest(vote, text, at)):
                    points[vote.item] = points.get(vote.item, 0.0) + vote.points * _emphasis(vote, at[0][0])
                    reasons.setdefault(vote.item, []).append(vote.shown)
        for word in spans.keys() & self._bars.keys():
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
