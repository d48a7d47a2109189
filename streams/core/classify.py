"""Which item of the catalogue a report is about: by its source's code, else by the words of its text.

A source's own code is taken at its word. Where it is missing, unknown or mapped to 其他, the words of the items are
looked for in one pass over the text; each item gets the points of its words, and the best one is taken if it has enough
of them: a text that says nothing is 其他 (`OTHER`), never a guess.
"""

from __future__ import annotations

from ahocorasick_rs import AhoCorasick
from msgspec import Struct

from streams.core.catalogue import OTHER, Catalogue
from streams.core.event import Classified, Feed
from streams.core.votes import Spoken, Votes
from streams.core.words import read_word

READ = 2_000  # characters of a text that are looked at: the longest reports repeat themselves
THRESHOLD = 0.32  # a score below it is no answer
ALTERNATIVES = 3
DANGER = 4.5  # points at which a text tells of danger to life whatever its code says: one plain word of it up front

_DOUBT = 1.5  # points that an item needs for a score of 0.5 when nothing speaks for another
_RIVAL = 0.5  # and how much of the next item's points it needs on top
_SAME_CHANNEL = 1.1
_SAME_CLASS = 1.5
_SAME_NAME = 4.0  # points for an item whose very name the source gave
_CHANNEL: dict[Feed, str] = {"hotline": "12345", "police": "110", "grid": "grid"}

_Tally = tuple[dict[str, float], dict[str, list[Spoken]]]


class Weighed(Struct, frozen=True):
    """An item that a text speaks for: its points, after labels and channel, and the words with what they gave."""

    item: str
    points: float
    words: tuple[Spoken, ...]


class Classifier:
    """Classifies reports under one catalogue. Holds no state between reports."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._votes = Votes(catalogue.items)
        self._named = {item.name: item.code for item in catalogue.items.values() if item.code != OTHER}
        life = [item for item in catalogue.items.values() if item.life_safety]
        self._dangers = {item.code for item in life if item.limit.endswith("m")}
        self._danger_words = AhoCorasick([
            word.parts[0]
            for item in life if item.code in self._dangers
            for word in map(read_word, item.words) if len(word.parts) == 1 and not word.forbids
        ])  # fmt: skip

    def classify(self, feed: Feed, codes: tuple[str, ...], labels: tuple[str, ...], text: str) -> Classified:
        """The item of a report.

        `codes` and `labels` are the source's own, most specific first. A score of 1.0 means by code; by text it grows
        from 0 to 1 with the points found and shrinks with those of the next item. Reasons are the words that spoke for
        the item. Only the first `READ` characters of `text` are looked at.
        """
        by_code = self._by_code(feed, codes)
        return by_code if by_code is not None else self._by_text(feed, labels, text[:READ])

    def danger(self, text: str) -> Weighed | None:
        """The danger to life, now, that a text tells of beyond doubt; None if it does not.

        Only plain words count: those that need others beside them (烟+很大) fit a barbecue as well.
        """
        text = text[:READ]
        if not self._danger_words.find_matches_as_indexes(text):  # nearly always, and ten times as fast as counting
            return None
        points, words = self._votes.count(text)
        told = []
        for code in points.keys() & self._dangers:
            plain = tuple(spoken for spoken in words[code] if "+" not in spoken[0])
            given = sum(points for _, points in plain)
            if given >= DANGER:
                told.append(Weighed(code, given, plain))
        return min(told, key=lambda one: (-one.points, one.item), default=None)

    def weigh(self, feed: Feed, labels: tuple[str, ...], text: str) -> tuple[Weighed, ...]:
        """Every item that the labels and the text speak for, the best first: what `classify` chooses from."""
        points, words = self._tally(feed, labels, text[:READ])
        ranked = sorted(points, key=lambda code: (-points[code], code))
        return tuple(Weighed(code, points[code], tuple(words[code])) for code in ranked)

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
        points, words = self._tally(feed, labels, text)
        if not points:
            return Classified(OTHER, "none", 0.0)
        best, *others = sorted(points, key=lambda code: (-points[code], code))
        rival = points[others[0]] if others else 0.0
        score = round(points[best] / (points[best] + _DOUBT + _RIVAL * rival), 3)
        if score < THRESHOLD:
            return Classified(OTHER, "none", score, (), (best, *others[: ALTERNATIVES - 1]))
        return Classified(best, "text", score, tuple(word for word, _ in words[best]), tuple(others[:ALTERNATIVES]))

    def _tally(self, feed: Feed, labels: tuple[str, ...], text: str) -> _Tally:
        points, words = self._votes.count(text)
        if labels:
            self._add_labels(points, words, labels)
        channel, items = _CHANNEL[feed], self._catalogue.items
        for code in points:
            if items[code].channel == channel:
                points[code] *= _SAME_CHANNEL
        return points, words

    def _add_labels(
        self, points: dict[str, float], words: dict[str, list[Spoken]], labels: tuple[str, ...]
    ) -> None:
        """The source's own class names speak for an item of that name, and back the items of a class of that name."""
        for label in labels:
            code = self._named.get(label)
            if code is not None:
                points[code] = points.get(code, 0.0) + _SAME_NAME
                words.setdefault(code, []).append((label, _SAME_NAME))
        for code in points:
            if self._catalogue.items[code].class_name in labels:
                points[code] *= _SAME_CLASS
