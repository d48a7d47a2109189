"""Which reports two cities surely route alike, so that they are routed once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from streams.city.city import City
from streams.core.catalogue import Item
from streams.core.event import Event
from streams.core.route import Router, matter_of
from streams.core.rules import Rule


class Routing:
    """Two cities of the same areas, with their routers."""

    def __init__(self, cities: tuple[City, City], routers: tuple[Router, Router]) -> None:
        one, other = cities
        self._routers = routers
        self._possible = one.units == other.units and one.calendar == other.calendar
        self._items = _same_items(one, other)
        spoken_of = _items_of(_changed(one.rules, other.rules), other.catalogue.items)
        #: Items of which all rules are the same, in the same order. (One that ends is routed as 其他 from then on.)
        self._sure = {code for code, item in self._items.items() if code not in spoken_of and not item.valid_to}

    def is_alike(self, event: Event) -> bool:
        """Is the same unit sent, until the same time, for a report that opens an incident."""
        if not self._possible or event.item not in self._items:
            return False
        if event.item in self._sure:
            return True
        matter = matter_of(event)
        one, other = (router.ruling(matter) for router in self._routers)
        return one.item.code in self._items and _effect(one.rule) == _effect(other.rule)


def _same_items(one: City, other: City) -> dict[str, Item]:
    items, others = _routed(one), _routed(other)
    return {code: item for code, item in items.items() if item == others.get(code)}


def _routed(city: City) -> dict[str, Item]:
    """The items, without what a router does not look at."""
    return {code: replace(item, words=(), window_s=0, distance_m=0) for code, item in city.catalogue.items.items()}


def _changed(before: Sequence[Rule], after: Sequence[Rule]) -> list[Rule]:
    """The rules of either side without those that both begin with and those that both end with."""
    one, other = ([replace(rule, line=0, when="") for rule in rules] for rules in (before, after))
    for _ in range(2):  # from the front, then from the back
        while one and other and one[0] == other[0]:
            del one[0], other[0]
        one.reverse()
        other.reverse()
    return one + other


def _items_of(rules: Iterable[Rule], every: Iterable[str]) -> set[str]:
    """The items that rules speak of; all of them if one names none."""
    return {str(code) for rule in rules for box in rule.condition for code in box.get("item", every)}


def _effect(rule: Rule | None) -> tuple[object, ...] | None:
    """What a rule that holds brings about."""
    return (rule.name, rule.lead, rule.unit, rule.assist, rule.level) if rule else None
