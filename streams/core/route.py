"""Who must act on a matter: by ordered rules, sector and territory, with a ladder so that nothing is ever unowned.

The lead is the deepest unit of the asked sector that covers the place; where the place has none, the area above is
asked, and at the end the command centre of the county, then the city's. Assisting units are found in the same way but
do not climb to a command centre: a sector without a unit (a property manager, a lift maintainer) is named in the rule
text instead, for the lead to call in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from streams.core.area import LEVELS, Area, level_of, lineage
from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.deadline import IsWorkday, due_at, parse_limit
from streams.core.decision import Route
from streams.core.directory import Directory
from streams.core.moments import Moments
from streams.core.reach import holds
from streams.core.rules import OWN_ASSISTS, OWN_LEAD, Rule
from streams.core.unit import Unit
from streams.core.vocabulary import Facts
from streams.errors import SanwangError

DEFAULT = "事项清单"  # the rule text when no rule matched: the catalogue's own lead
MOST_ASSISTS = 4
_REMEMBERED = 100_000  # choices kept: some tens of MB when full


class _Choice(Struct, frozen=True):
    """All of a route that does not change from one moment to the next."""

    lead: str
    assists: tuple[str, ...]
    rule: str
    lead_sector: str
    limit: str


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
        self._units = units
        self._city = _city(areas)
        self._directory = Directory(units.values())
        self._directory.command((self._city,))
        self._is_workday = is_workday
        self._rules = rules
        self._rules_of: dict[str, tuple[Rule, ...]] = {}
        boxes = [box for rule in rules for box in rule.condition]
        self._moments = Moments(boxes, is_workday)
        places = {str(place) for box in boxes for place in box.get("area", ())}
        self._places = sorted(places, key=len, reverse=True)
        self._known: dict[tuple[object, ...], _Choice] = {}

    def route(
        self,
        item: str,
        area: str,
        urgency: int,
        feed: str,
        clock_ms: int,
        *,
        life_safety: bool = False,
        ambiguous: bool = False,
        self_handled: bool = False,
    ) -> Route:
        """Decide for one matter. `clock_ms` is the moment from which its time limit runs, in ms UTC.

        `life_safety` adds to what the item says of itself. An unknown item counts as 其他, a foreign area as the city.
        """
        key = (item, area, urgency, feed, self._moments.key(clock_ms), life_safety, ambiguous, self_handled)
        choice = self._known.get(key)
        if choice is None:
            entry = self._items.get(item) or self._items[OTHER]
            areas = self._covering(area)
            facts: Facts = {
                "item": entry.code,
                "area": next((place for place in self._places if areas[0].startswith(place)), ""),
                "place": level_of(areas[0]),
                "urgency": urgency,
                "feed": feed,
                "life_safety": life_safety or entry.life_safety,
                "ambiguous": ambiguous,
                "self_handled": self_handled,
                **self._moments.facts(clock_ms),
            }
            choice = self._remember(key, self._choose(entry, areas, facts))
        due = due_at(choice.limit, clock_ms, self._is_workday)
        return Route(choice.lead, choice.assists, choice.rule, due, choice.lead_sector)

    def _remember(self, key: tuple[object, ...], choice: _Choice) -> _Choice:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = choice
        return choice

    def _choose(self, item: Item, areas: Sequence[str], facts: Facts) -> _Choice:
        rule = next((rule for rule in self._rules_for(item.code) if holds(rule.condition, facts)), None)
        lead, sector, stands_in = self._lead(item, rule, areas)
        assists, without = self._assists(_expanded(rule.assist if rule else (OWN_ASSISTS,), item), areas, lead.code)
        text = rule.name if rule else DEFAULT
        if stands_in:
            text += f"；无{sector}单位，由{lead.name}承接"
        if without:
            text += f"；另涉{'、'.join(without)}"
        return _Choice(lead.code, assists, text, sector, item.limit)

    def _rules_for(self, item: str) -> tuple[Rule, ...]:
        """The rules that could match an item, in order."""
        rules = self._rules_of.get(item)
        if rules is None:
            rules = self._rules_of[item] = tuple(
                rule for rule in self._rules if any(item in box.get("item", (item,)) for box in rule.condition)
            )
        return rules

    def _lead(self, item: Item, rule: Rule | None, areas: Sequence[str]) -> tuple[Unit, str, bool]:
        """The lead unit, the sector that was asked, and whether a command centre had to stand in."""
        if rule and rule.unit:
            unit = self._units[rule.unit]
            return unit, unit.sector, False
        sector = item.lead if rule is None or rule.lead == OWN_LEAD else rule.lead
        if rule and rule.level != "deepest":
            deepest = [str(level) for level in LEVELS].index(rule.level)
            areas = [code for code in areas if LEVELS.index(level_of(code)) <= deepest]
        found = self._directory.find(sector, areas)
        return found or self._directory.command(areas), sector, found is None

    def _assists(self, sectors: Iterable[str], areas: Sequence[str], lead: str) -> tuple[tuple[str, ...], list[str]]:
        """Assisting units (each once, never the lead, at most `MOST_ASSISTS`), and the sectors left without one."""
        units: list[str] = []
        without: list[str] = []
        for sector in sectors:
            unit = self._directory.find(sector, areas)
            if unit and (unit.code == lead or unit.code in units):
                continue
            if unit and len(units) < MOST_ASSISTS:
                units.append(unit.code)
            elif sector not in without:
                without.append(sector)
        return tuple(units), without

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


def _expanded(sectors: Iterable[str], item: Item) -> Iterable[str]:
    """Sectors, with 主办部门 and 协办部门 replaced by the item's own."""
    own = {OWN_LEAD: (item.lead,), OWN_ASSISTS: item.assist}
    return (name for sector in sectors for name in own.get(sector, (sector,)))
