"""Which reports two cities surely route alike, told without routing them."""

from __future__ import annotations

from streams.city.city import City
from streams.core.event import Event
from streams.core.route import Router, matter_of
from streams.core.rules import Rule


class Routing:
    """Two cities of the same areas, with their routers."""

    def __init__(self, cities: tuple[City, City], routers: tuple[Router, Router]) -> None:
        one, other = cities
        self._routers = routers
        self._possible = one.units == other.units and one.calendar == other.calendar
        items = other.catalogue.items
        self._items = {code for code, item in one.catalogue.items.items() if item == items.get(code)}

    def is_alike(self, event: Event) -> bool:
        """Is the same unit sent, until the same time, for a report that opens an incident."""
        if not self._possible or event.item not in self._items:
            return False
        matter = matter_of(event)
        one, other = (router.ruling(matter) for router in self._routers)
        return one.item.code in self._items and _effect(one.rule) == _effect(other.rule)


def _effect(rule: Rule | None) -> tuple[object, ...] | None:
    """What a rule that holds brings about."""
    return (rule.name, rule.lead, rule.unit, rule.assist, rule.level) if rule else None
