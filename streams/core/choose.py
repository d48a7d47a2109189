"""Who would act on a matter of an item at a place, as far as that does not change from one moment to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from streams.core.area import LEVELS
from streams.core.catalogue import Item
from streams.core.deadline import parse_limit
from streams.core.directory import Directory
from streams.core.reach import Box, holds
from streams.core.rules import OWN_ASSISTS, OWN_LEAD, Rule
from streams.core.sectors import COMMAND
from streams.core.unit import Unit
from streams.core.vocabulary import Facts

DEFAULT = "事项清单"  # the rule text when no rule matched: the catalogue's own lead
MOST_ASSISTS = 4


class Choice(Struct, frozen=True):
    """Lead, assisting units, rule text; and who stands in when the office is closed and the matter cannot wait."""

    lead: str  # unit code
    assists: tuple[str, ...]
    rule: str
    lead_sector: str
    limit: str
    standby: Choice | None = None


class Passed(Struct, frozen=True):
    """A rule that speaks of an item but did not hold: the facts in which it failed."""

    rule: Rule
    failed: tuple[str, ...]


class Chooser:
    """Chooses by ordered rules, sector and territory, with a ladder so that nothing is ever unowned."""

    def __init__(self, units: Mapping[str, Unit], rules: Sequence[Rule]) -> None:
        self._units = units
        self._rules = rules
        self._directory = Directory(units.values())
        self._rules_of: dict[str, tuple[Rule, ...]] = {}

    def command(self, areas: Sequence[str]) -> Unit:
        """The command centre of the place. Raises SanwangError in a city without one."""
        return self._directory.command(areas)

    def assign(self, item: Item, rule: Rule | None, areas: Sequence[str], *, life_safety: bool) -> Choice:
        """The choice that a rule (None: the catalogue) makes; `areas` are the area and all above, deepest first."""
        lead, sector, stands_in = self._lead(item, rule, areas)
        assists, without = self._assists(_assisting(item, rule), areas, lead.code)
        text = rule.name if rule else DEFAULT
        if stands_in:
            text += f"；无{sector}单位，由{lead.name}承接"
        if without:
            text += f"；另涉{'、'.join(without)}"
        choice = Choice(lead.code, assists, text, sector, item.limit)
        if lead.hours == "24h" or (parse_limit(item.limit).working and not life_safety):
            return choice
        return self._with_standby(choice, lead, areas)

    def rule_for(self, item: Item, facts: Facts) -> Rule | None:
        """The first rule that holds, None if the catalogue decides."""
        for rule in self._rules_for(item.code):
            if holds(rule.condition, facts):
                return rule
        return None

    def passed_over(self, item: Item, facts: Facts) -> tuple[Passed, ...]:
        """The rules that speak of the item but do not hold, up to the one that does."""
        passed: list[Passed] = []
        for rule in self._rules_for(item.code):
            if holds(rule.condition, facts):
                break
            passed.append(Passed(rule, min((_failed(box, facts) for box in rule.condition), key=len)))
        return tuple(passed)

    def depth(self, item: Item, rule: Rule | None) -> int:
        """The deepest level, by its place in `LEVELS`, that makes a difference to what `assign` chooses."""
        return max(map(self._directory.depth, (_lead_sector(item, rule), *_assisting(item, rule), COMMAND)))

    def _with_standby(self, choice: Choice, lead: Unit, areas: Sequence[str]) -> Choice:
        """The choice with a command centre that never closes to stand in for the office, which then assists."""
        duty = self._directory.command(areas)
        if duty.code == lead.code or duty.hours != "24h":
            return choice
        assists = (lead.code, *(unit for unit in choice.assists if unit != duty.code))
        text = f"{choice.rule}；{lead.name}非工作时间，由{duty.name}值守承接"
        standby = Choice(duty.code, assists, text, choice.lead_sector, choice.limit)
        return Choice(choice.lead, choice.assists, choice.rule, choice.lead_sector, choice.limit, standby)

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
        sector = _lead_sector(item, rule)
        if rule and rule.level != "deepest":
            areas = areas[-1 - [str(level) for level in LEVELS].index(rule.level) :]
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


def _failed(box: Box, facts: Facts) -> tuple[str, ...]:
    return tuple(name for name, allowed in box.items() if facts[name] not in allowed)


def _lead_sector(item: Item, rule: Rule | None) -> str:
    return item.lead if rule is None or rule.lead == OWN_LEAD else rule.lead


def _assisting(item: Item, rule: Rule | None) -> Iterable[str]:
    """The sectors that assist, with 主办部门 and 协办部门 replaced by the item's own."""
    own = {OWN_LEAD: (item.lead,), OWN_ASSISTS: item.assist}
    return (name for sector in (rule.assist if rule else (OWN_ASSISTS,)) for name in own.get(sector, (sector,)))
