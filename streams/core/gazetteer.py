"""Address texts: which area of the city do they name?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from msgspec import Struct

from streams.core.area import Area, significant

_SHORTEST = 2  # characters of a name that is looked for
_LONGEST = 200  # characters of an address that are read: places are named at its beginning
_REMEMBERED = 16_384  # combinations of names whose decision is kept


class Named(Struct, frozen=True, gc=False):
    """The area that an address names; `ambiguous` if it is the level above several that fit equally well."""

    area: str
    ambiguous: bool = False


class Gazetteer:
    """The names and aliases of a city's areas.

    Names of counties, townships, villages and communities are looked for, and the aliases of these and of grids (roads,
    estates, markets, schools); the city's own name places nothing.
    """

    def __init__(self, areas: Iterable[Area]) -> None:
        holders: dict[str, set[str]] = defaultdict(set)
        self._found: dict[str, Named] = {}  # by significant digits, here called stem: one is in another if it begins so
        for area in areas:
            if area.level in ("city", "micro"):
                continue
            stem = significant(area.code)
            self._found[stem] = Named(area.code)
            for name in area.aliases if area.level == "grid" else (area.name, *area.aliases):
                if len(name) >= _SHORTEST:
                    holders[name].add(stem)
        self._names = sorted(holders)
        self._holders = [tuple(sorted(holders[name])) for name in self._names]
        self._held = [frozenset(stems) for stems in self._holders]
        self._within = [_by_beginning(stems) for stems in self._holders]
        self._automaton = AhoCorasick(
            self._names, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        )
        self._decide = lru_cache(_REMEMBERED)(self._weigh)

    def find(self, address: str, within: str = "") -> Named | None:
        """The deepest area that an address text names, None if it names none.

        `within` is the code of an area that is already known: only areas in it count.
        """
        if not self._names or not address:
            return None
        named = tuple([number for number, _, _ in self._automaton.find_matches_as_indexes(address[:_LONGEST])])
        if not named:
            return None
        if not within and (stem := self._narrow(named)):
            return self._found[stem]
        return self._decide(named, within)

    def _narrow(self, named: tuple[int, ...]) -> str:
        """The one area that agrees with all names, "" if there is not exactly one. What `_weigh` says, but sooner."""
        stems: Sequence[str] = self._holders[named[0]]
        for number in named[1:]:
            within, held = self._within[number], self._held[number]
            agreeing: list[str] = []
            for stem in stems:
                if deeper := within.get(stem):
                    agreeing += deeper
                elif stem[:6] in held or stem[:9] in held or stem[:12] in held:
                    agreeing.append(stem)
            stems = agreeing
        return stems[0] if len(stems) == 1 else ""

    def _weigh(self, named: tuple[int, ...], within: str) -> Named | None:
        """Of all areas that the names mean, the one that agrees with most of the text; the deepest of one line.

        Two areas agree if one lies in the other: a village agrees with its county, not with another county. A name of
        several areas counts half. If what disagrees weighs more than half as much, nobody can tell.
        """
        scope = significant(within) if within else ""
        weighed: dict[int, float] = {}
        candidates: set[str] = set()
        for number in named:
            if inside := self._inside(scope, number):
                weighed[number] = len(self._names[number]) / (1 if len(inside) == 1 else 2)
                candidates.update(inside)
        if not candidates:
            return None
        weights = {
            stem: sum(weight for number, weight in weighed.items() if self._agrees(stem, number))
            for stem in sorted(candidates)
        }
        best = max(weights.values())
        chosen = _deepest([stem for stem, weight in weights.items() if weight == best])
        against = [number for number in weighed if not self._agrees(chosen[0], number)]
        if sum(weighed[number] for number in against) * 2 > best:
            chosen += [stem for number in against for stem in self._inside(scope, number)]
        return self._settle(chosen, scope)

    def _inside(self, scope: str, number: int) -> Sequence[str]:
        stems = self._holders[number]
        return tuple([stem for stem in stems if stem.startswith(scope)]) if scope else stems

    def _agrees(self, stem: str, number: int) -> bool:
        """Whether an area of that name lies in the area, or is it, or holds it."""
        held = self._held[number]
        return stem in self._within[number] or stem[:6] in held or stem[:9] in held or stem[:12] in held

    def _settle(self, chosen: list[str], scope: str) -> Named | None:
        """The one area chosen, or the deepest one above all of them."""
        if len(chosen) == 1:
            return self._found[chosen[0]]
        for digits in (12, 9, 6):
            stem = chosen[0][:digits]
            if stem in self._found and len(stem) >= len(scope) and all(other.startswith(stem) for other in chosen):
                return Named(self._found[stem].area, ambiguous=True)
        return Named("", ambiguous=True)


def _deepest(stems: Sequence[str]) -> list[str]:
    """Those of `stems` (sorted, so that what lies in one stands right behind it) that hold no other of them."""
    return [stem for stem, after in pairwise([*stems, ""]) if not after.startswith(stem)]


def _by_beginning(stems: Sequence[str]) -> dict[str, list[str]]:
    """For every area that holds some of `stems`, or is one: those that lie in it."""
    found: dict[str, list[str]] = {}
    for stem in stems:
        for beginning in dict.fromkeys((stem[:6], stem[:9], stem[:12], stem)):
            found.setdefault(beginning, []).append(stem)
    return found
