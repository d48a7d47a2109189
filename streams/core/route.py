"""Who must act on a matter, and until when.

The lead is the deepest unit of the asked sector that covers the place; where the place has none, the area above is
asked, and at the end the command centre of the county, then the city's. Assisting units are found in the same way but
do not climb to a command centre: a sector without a unit (a property manager, a lift maintainer) is named in the rule
text instead, for the lead to call in.

An office that is closed cannot act: what endangers life, or falls due before the office opens again, goes to the
command centre, which never closes, and the office assists. And what has ended in the catalogue is owned by those who
admit new items (准入), unless life is in danger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from sys import intern
from typing import NamedTuple

from msgspec import Struct

from streams.core.area import Area, Level, level_of, lineage
from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.choose import DEFAULT, MOST_ASSISTS, Choice, Chooser, Passed
from streams.core.deadline import DAY, EPOCH, UTC_OFFSET, IsWorkday, due_at, opening, parse_limit
from streams.core.decision import Route
from streams.core.directory import deepest
from streams.core.event import Event
from streams.core.moments import Moments
from streams.core.remember import remember
from streams.core.rules import Rule
from streams.core.unit import Unit
from streams.core.vocabulary import Facts
from streams.errors import SanwangError

__all__ = ["DEFAULT", "MOST_ASSISTS", "Matter", "Router", "Trace", "matter_of"]


class Matter(Struct, frozen=True, gc=False):
    """What is routed. An unknown item counts as 其他, a foreign area as the city."""

    item: str
    area: str
    urgency: int
    feed: str
    clock_ms: int  # the moment from which its time limit runs, in ms UTC
    life_safety: bool = False  # adds to what the item says of itself
    ambiguous: bool = False
    self_handled: bool = False
    wish: str = ""


def matter_of(event: Event, area: str = "") -> Matter:
    """An event as it is routed, perhaps in another area than its own."""
    return Matter(
        event.item, area or event.area, event.urgency, event.feed, event.clock, event.life_safety, event.ambiguous,
        event.self_handled, event.wish,
    )  # fmt: skip


class Ground(Struct, frozen=True):
    """An area as far as routing tells areas apart."""

    areas: tuple[str, ...]  # itself and all above it, deepest first
    place: str  # the area, of those that rules name, that it lies in; "" for none
    level: Level


class Ruling(NamedTuple):
    """By what a matter is routed."""

    item: Item  # 其他 for one that has ended
    ended: bool
    ground: Ground
    rule: Rule | None  # None: the catalogue's own lead


class Trace(Struct, frozen=True):
    """Why a matter was routed as it was."""

    route: Route
    item: Item  # by which it was routed: 其他 for one that has ended
    limit: str
    rule: Rule | None  # None: the catalogue's own lead
    passed: tuple[Passed, ...]  # earlier rules that speak of the item but did not hold
    facts: Facts


class Router:
    """Routes every matter to a lead unit, assisting units and a due time; never fails once it is built.

    Raises SanwangError when built on a city without a command centre or the item 其他, or with a bad time limit.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        units: Mapping[str, Unit],
        areas: Mapping[str, Area],
        rules: Sequence[Rule],
        is_workday: IsWorkday,
    ) -> None:
        if OTHER not in catalogue.items:
            raise SanwangError(f"the catalogue has no item {OTHER} (其他): a matter could be left without an owner")
        for item in catalogue.items.values():
            parse_limit(item.limit)
        self._items = catalogue.items
        self._ends = {item.code: _end(item) for item in catalogue.items.values() if item.valid_to}
        self._city = _city(areas)
        self._chooser = Chooser(units, rules)
        self._chooser.command((self._city,))
        self._is_workday = is_workday
        boxes = [box for rule in rules for box in rule.condition]
        self._moments = Moments(boxes, is_workday)
        places = {str(place) for box in boxes for place in box.get("area", ())}
        self._places = sorted(places, key=len, reverse=True)
        self._grounds: dict[str, Ground] = {}  # by area; what follows are decisions, remembered
        self._rules: dict[tuple[object, ...], Rule | None] = {}
        self._depths: dict[tuple[object, ...], int] = {}
        self._choices: dict[tuple[object, ...], Choice] = {}

    def route(self, matter: Matter) -> Route:
        """Decide for one matter."""
        entry, ended, ground, rule = self.ruling(matter)
        choice = self._choice(entry, rule, ground, life_safety=matter.life_safety or entry.life_safety)
        due = due_at(choice.limit, matter.clock_ms, self._is_workday)
        if choice.standby and self._cannot_wait(matter, due):
            choice = choice.standby
        text = f"{choice.rule}；{_ended_text(self._items[matter.item])}" if ended else choice.rule
        return Route(choice.lead, choice.assists, text, due, choice.lead_sector)

    def ruling(self, matter: Matter) -> Ruling:
        """By what `route` decides for the same matter."""
        ended = self._has_ended(matter)
        entry = self._entry(matter.item, ended=ended)
        ground = self._grounds.get(matter.area) or self._ground(matter.area)
        told = (
            matter.urgency, matter.feed, matter.life_safety, matter.ambiguous, matter.self_handled, matter.wish
        )  # fmt: skip
        key = (entry.code, ground.place, ground.level, self._moments.key(matter.clock_ms), told)
        try:
            rule = self._rules[key]
        except KeyError:
            rule = remember(self._rules, key, self._chooser.rule_for(entry, self._facts(entry, ground, matter)))
        return Ruling(entry, ended, ground, rule)

    def trace(self, matter: Matter) -> Trace:
        """What `route` decides for the same matter, and why."""
        route = self.route(matter)
        entry, _, ground, rule = self.ruling(matter)
        facts = self._facts(entry, ground, matter)
        passed = self._chooser.passed_over(entry, facts)
        return Trace(route, entry, entry.limit, rule, passed, facts)

    def _entry(self, item: str, *, ended: bool) -> Item:
        found = None if ended else self._items.get(item)
        return found or self._items[OTHER]

    def _facts(self, item: Item, ground: Ground, matter: Matter) -> Facts:
        """What conditions may ask about a matter."""
        return {
            "item": item.code,
            "area": ground.place,
            "place": ground.level,
            "life_safety": matter.life_safety or item.life_safety,
            "urgency": matter.urgency,
            "feed": matter.feed,
            "ambiguous": matter.ambiguous,
            "self_handled": matter.self_handled,
            "wish": matter.wish,
            **self._moments.facts(matter.clock_ms),
        }

    def _has_ended(self, matter: Matter) -> bool:
        """Had the item left the catalogue by then? Danger to life is never held up by that."""
        end = self._ends.get(matter.item)
        if end is None or matter.life_safety or self._items[matter.item].life_safety:
            return False
        return matter.clock_ms >= end

    def _cannot_wait(self, matter: Matter, due: int) -> bool:
        """Is the lead's office closed, and the matter one that cannot wait until it opens?"""
        opens = opening(matter.clock_ms, self._is_workday)
        if opens == matter.clock_ms:
            return False
        known = self._items.get(matter.item)
        return due <= opens or matter.life_safety or bool(known and known.life_safety)

    def _choice(self, item: Item, rule: Rule | None, ground: Ground, *, life_safety: bool) -> Choice:
        asked = (item.code, id(rule))  # rules live as long as the router
        depth = self._depths.get(asked)
        if depth is None:
            depth = self._depths[asked] = self._chooser.depth(item, rule)
        key = (*asked, deepest(ground.areas, depth), life_safety)
        choice = self._choices.get(key)
        if choice is None:
            made = self._chooser.assign(item, rule, ground.areas, life_safety=life_safety)
            choice = remember(self._choices, key, made)
        return choice

    def _ground(self, area: str) -> Ground:
        """What routing must know of an area, remembered."""
        areas = tuple(map(intern, self._covering(area)))
        place = next((place for place in self._places if areas[0].startswith(place)), "")
        return remember(self._grounds, area, Ground(areas, place, level_of(areas[0])))

    def _covering(self, area: str) -> tuple[str, ...]:
        """The area and those above it, deepest first; the city alone for a code that is none of its own."""
        try:
            codes = lineage(area)
        except ValueError:
            return (self._city,)
        return codes if codes[-1] == self._city else (self._city,)


def _city(areas: Mapping[str, Area]) -> str:
    city = next((area.code for area in areas.values() if area.level == "city"), None)
    if city is None:
        raise SanwangError("the areas have none of level city")
    return city


def _end(item: Item) -> int:
    """The end of an item's last day, in ms UTC."""
    return (date.fromisoformat(item.valid_to).toordinal() + 1 - EPOCH) * DAY - UTC_OFFSET


def _ended_text(item: Item) -> str:
    kind = "临时事项" if item.admitted_by else "事项"
    return f"{kind}{item.code}{item.name}已于{item.valid_to}到期"
