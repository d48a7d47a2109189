"""Ordered routing rules: read from TOML, checked when loaded, so that nothing can fail when a matter comes in.

    [[rule]]
    name = "燃气险情先到"
    when = "item in 22001, 22002 and urgency <= 2"     # see streams.core.condition
    lead = "公安局"                                     # a sector; or unit = "code"; or ladder = "mediation" / "patrol"
    assist = ["主办部门", "消防救援支队"]                # sectors; 主办部门, 协办部门: the item's own
    level = "county"                                   # the deepest level that may take it: township, county, city

The first rule that matches wins. What a rule does not say stays as the catalogue has it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from streams.core.area import Area
from streams.core.catalogue import Catalogue
from streams.core.condition import Node, facts_named, parse
from streams.core.directory import Directory
from streams.core.positions import Position, Section, sections
from streams.core.reach import Box, TooManyBoxesError, Universe, boxes, left_over
from streams.core.sectors import MEDIATION, PATROL, canonical
from streams.core.unit import Unit
from streams.core.vocabulary import ConditionError, Vocabulary, suggest
from streams.errors import FileFault

OWN_LEAD, OWN_ASSISTS = "主办部门", "协办部门"
LADDERS = {"mediation": MEDIATION, "patrol": PATROL}


class Rule(Struct, frozen=True):
    """One routing rule, checked."""

    name: str
    when: str
    line: int  # of its [[rule]] in the file
    condition: tuple[Box, ...]
    lead: str = OWN_LEAD  # sector
    unit: str = ""  # unit code, goes before `lead`
    assist: tuple[str, ...] = (OWN_ASSISTS,)  # sectors
    level: str = "deepest"  # the deepest level of area whose unit may lead


class _Draft(Struct, frozen=True):
    """A rule as it is written."""

    name: str
    when: str
    lead: str = ""
    unit: str = ""
    ladder: Literal["", "mediation", "patrol"] = ""
    assist: tuple[str, ...] = (OWN_ASSISTS,)
    level: Literal["deepest", "township", "county", "city"] = "deepest"

    @property
    def sector(self) -> str:
        """The sector that leads."""
        return LADDERS[self.ladder] if self.ladder else self.lead or OWN_LEAD


def read_rules(
    text: str, file: str, catalogue: Catalogue, units: Mapping[str, Unit], areas: Mapping[str, Area]
) -> tuple[tuple[Rule, ...], list[FileFault]]:
    """The rules of a TOML text, in order, and every fault found in it; `file` is the name that the faults bear."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (text.count("\n") + 1, 1)
        return (), [FileFault(file, line, column, f"not TOML: {error}")]
    places, entries = sections(text, "rule"), document.get("rule", [])
    if document.keys() - {"rule"} or not isinstance(entries, list) or len(entries) != len(places):
        return (), [FileFault(file, 1, 1, "only rules may stand here, each under a line [[rule]]")]
    reader = _Reader(file, catalogue, units, areas)
    return reader.rules(list(zip(entries, places, strict=True))), reader.faults


class _Reader:
    """Reads the rules of one file and collects its faults."""

    def __init__(self, file: str, catalogue: Catalogue, units: Mapping[str, Unit], areas: Mapping[str, Area]) -> None:
        self._file = file
        self._units = units
        self._directory = Directory(units.values())
        self._vocabulary = Vocabulary(catalogue, areas)
        self._sectors = {canonical(unit.sector) for unit in units.values()}
        self._asked = {canonical(name) for item in catalogue.items.values() for name in item.assist}
        self.faults: list[FileFault] = []

    def rules(self, entries: Sequence[tuple[object, Section]]) -> tuple[Rule, ...]:
        """All rules without a fault of their own, in order."""
        read = []
        for entry, section in entries:
            draft = self._draft(entry, section)
            node = self._node(draft, section) if draft else None
            if draft and node and self._names_known(draft, section):
                read.append((draft, node, section))
        places = frozenset({""}).union(*(facts_named(node, "area") for _, node, _ in read))
        universe = {**self._vocabulary.universe, "area": places}
        rules: list[Rule] = []
        for draft, node, section in read:
            if rule := self._reachable(draft, node, section, universe, rules):
                rules.append(rule)
        return tuple(rules)

    def _draft(self, entry: object, section: Section) -> _Draft | None:
        for key in entry if isinstance(entry, dict) else ():
            if key not in _Draft.__struct_fields__:
                self._fault(section.key(key), f"unknown key {key!r}", suggest(key, _Draft.__struct_fields__))
                return None
        try:
            return msgspec.convert(entry, _Draft)
        except msgspec.ValidationError as error:
            wrong = re.search(r"\$\.(\w+)|field `(\w+)`", str(error))
            key = (wrong[1] or wrong[2]) if wrong else "name"
            self._fault(section.key(key), str(error))
            return None

    def _node(self, draft: _Draft, section: Section) -> Node | None:
        try:
            return parse(draft.when, self._vocabulary)
        except ConditionError as error:
            self._fault(section.value("when", draft.when, error.offset), error.message, error.suggestion)
            return None

    def _names_known(self, draft: _Draft, section: Section) -> bool:
        """Check everything that a rule names; report what is wrong."""
        before = len(self.faults)
        if sum(map(bool, (draft.lead, draft.unit, draft.ladder))) > 1:
            self._fault(section.key("name"), f"{draft.name}: give only one of lead, unit and ladder")
        if draft.unit and draft.unit not in self._units:
            self._fault(section.key("unit"), f"unknown unit {draft.unit!r}", suggest(draft.unit, self._units))
        if draft.sector != OWN_LEAD and not self._directory.knows(draft.sector):
            hint = suggest(draft.sector, self._sectors)
            self._fault(section.key("ladder" if draft.ladder else "lead"), f"no unit of sector {draft.sector!r}", hint)
        for name in draft.assist:
            if name not in (OWN_LEAD, OWN_ASSISTS) and not self._may_assist(name):
                hint = suggest(name, self._sectors | {OWN_LEAD, OWN_ASSISTS})
                self._fault(section.key("assist"), f"unknown sector {name!r}", hint)
        return len(self.faults) == before

    def _may_assist(self, sector: str) -> bool:
        return canonical(sector) in self._asked or self._directory.knows(sector)

    def _reachable(
        self, draft: _Draft, node: Node, section: Section, universe: Universe, earlier: Sequence[Rule]
    ) -> Rule | None:
        """The rule, if any matter can reach it past the earlier ones; else a fault that says why not."""
        if any(rule.name == draft.name for rule in earlier):
            self._fault(
                section.key("name"), f"a second rule named {draft.name!r}", "orders show the name: make it unique"
            )
            return None
        try:
            condition = boxes(node, universe)
        except TooManyBoxesError as error:
            self._fault(section.key("when"), str(error))
            return None
        if not condition:
            self._fault(section.key("when"), f"{draft.name} can never match: its condition contradicts itself")
            return None
        left: Sequence[Box] = condition
        for rule in earlier:
            left = left_over(left, rule.condition, universe)
            if not left:
                why = f"{draft.name} can never match: {rule.name} (line {rule.line}) and those before it take all of it"
                self._fault(section.key("when"), why, f"move it above {rule.name}, or drop it")
                return None
        return Rule(
            draft.name, draft.when, section.line, condition, draft.sector, draft.unit, draft.assist, draft.level
        )

    def _fault(self, at: Position, message: str, suggestion: str = "") -> None:
        self.faults.append(FileFault(self._file, at.line, at.column, message, suggestion))
