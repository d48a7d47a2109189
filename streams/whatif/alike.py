"""What two cities have in common, so that it is done once for both: hearing a report, and finding its incident."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from ahocorasick_rs import AhoCorasick
from msgspec.structs import replace

from streams.city.city import City
from streams.core.catalogue import OTHER, Item
from streams.core.classify import READ
from streams.core.event import Event, Report
from streams.core.votes import Votes

Key = TypeVar("Key", bound=Hashable)
_Code = tuple[str, str]  # feed, and a code of its own


class Hearing:
    """Which reports the doors of two cities surely make the same event of. Models are the caller's to compare."""

    def __init__(self, one: City, other: City) -> None:
        heard = _heard(one), _heard(other)
        self.placed_alike = one.areas == other.areas
        self.items = _differing(*heard)
        self._labels = _differing(_named(one), _named(other))
        self._labels |= {item.class_name for side in heard for code, item in side.items() if code in self.items}
        self._codes = _differing(_codes(one), _codes(other))
        self._words = _words_apart(one, other, self.items)
        self._searched = AhoCorasick(sorted(self._words))
        #: Is it the same event of every report.
        self.alike = self.placed_alike and not (self.items or self._labels or self._codes or self._words)

    def is_alike(self, report: Report, event: Event) -> bool:
        """Is it the same of a report of which one of them has made `event`."""
        return (
            self.placed_alike
            and event.item not in self.items
            and self._labels.isdisjoint(report.labels)
            and not any((report.feed, code) in self._codes for code in report.codes)
            and not (self._words and self._searched.find_matches_as_indexes(event.text[:READ]))
        )


def moved_items(one: City, other: City) -> set[str]:
    """Items within whose window and distance two reports may be one matter in one city and not in the other."""
    return _differing(_windows(one), _windows(other))


def _heard(city: City) -> dict[str, Item]:
    """The items, with only what a door looks at; their words it reads as `Votes`."""
    return {
        code: replace(
            item, lead="", assist=(), limit="m" if item.limit.endswith("m") else "", limit_source="", domain="",
            self_handle=False, window_s=0, distance_m=0, words=(), valid_from="", valid_to="", admitted_by="",
        )
        for code, item in city.catalogue.items.items()
    }  # fmt: skip


def _named(city: City) -> dict[str, str]:
    return {item.name: code for code, item in city.catalogue.items.items() if code != OTHER}


def _codes(city: City) -> dict[_Code, str]:
    return {(feed, code): item for feed, codes in city.catalogue.codes.items() for code, item in codes.items()}


def _windows(city: City) -> dict[str, tuple[int, int]]:
    return {code: (item.window_s, item.distance_m) for code, item in city.catalogue.items.items()}


def _words_apart(one: City, other: City, items: set[str]) -> set[str]:
    """Words that do not do the same in both cities, and all words of `items`."""
    if not items and _words(one) == _words(other):
        return set()
    meanings = [Votes(city.catalogue.items).meanings() for city in (one, other)]
    of_items = {word for side in meanings for word, meaning in side.items() if not items.isdisjoint(meaning.items)}
    return _differing(*meanings) | of_items


def _words(city: City) -> list[tuple[str, tuple[str, ...]]]:
    return [(code, item.words) for code, item in city.catalogue.items.items()]


def _differing(one: Mapping[Key, object], other: Mapping[Key, object]) -> set[Key]:
    """The keys that do not stand for the same in both."""
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
