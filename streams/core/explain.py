"""Why a report went where it went: what spoke for its item, its place, its incident, its units and its due time.

Everything is worked out anew, under the city as it is now, so it may differ from what was decided under an older one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Literal

from msgspec import Struct

from streams.core.area import Area, lineage
from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.classify import ALTERNATIVES, Classifier
from streams.core.deadline import IsWorkday, counted
from streams.core.decision import Incident
from streams.core.event import Event
from streams.core.match import compare, shingles_of
from streams.core.route import Router, Trace, matter_of
from streams.core.rules import Rule
from streams.core.unit import Unit
from streams.core.wording import Wordings

DayName = Callable[[date], str]
WhyNot = Literal["", "kind", "time", "place", "evidence"]


class Named(Struct, frozen=True):
    """A code and what people call it; the name is empty for a code that the city no longer has."""

    code: str
    name: str


class ForItem(Struct, frozen=True):
    """What a text says for an item: its points, and its words with what each gave."""

    item: Named
    points: float
    words: tuple[tuple[str, float], ...]


class ForClass(Struct, frozen=True):
    """The item of a report, and how it was found."""

    item: Named
    by: str  # code, text, model, none
    score: float
    reasons: tuple[str, ...]  # as the event bears them
    spoken: tuple[ForItem, ...]  # what the text says, the best first: the item itself if it was found by text
    danger: ForItem | None  # danger to life in the text of a report that its code says is something else


class ForPlace(Struct, frozen=True):
    """The area of a report, and how it was found."""

    areas: tuple[Named, ...]  # from the city down
    by: str  # code, coordinates, address, none
    ambiguous: bool
    lon: float | None
    lat: float | None
    address: str


class Candidate(Struct, frozen=True):
    """An open incident that the report might have been about, and what spoke for it."""

    incident_id: str
    item: Named
    same: bool
    why_not: WhyNot  # "evidence": fewer points than needed; "" if it is the same
    points: float
    needed: float
    reasons: tuple[str, ...]


class ForRule(Struct, frozen=True):
    """A rule, where it stands, and, if it did not hold, the facts in which it failed."""

    name: str
    line: int  # in the city's rules.toml
    when: str
    failed: tuple[str, ...] = ()


class ForRoute(Struct, frozen=True):
    """The units of a report, and the rule that chose them; no rule means the catalogue's own lead."""

    lead: Named
    assists: tuple[Named, ...]
    text: str  # as orders show it
    rule: ForRule | None
    passed: tuple[ForRule, ...]  # earlier rules that speak of the item but did not hold


class Day(Struct, frozen=True):
    """A day of a working limit."""

    day: date
    spent_minutes: int
    workday: bool
    name: str  # 国庆节, 周末, 调休; "" for a plain day


class ForDue(Struct, frozen=True):
    """The due time of a report; times in ms UTC."""

    limit: str
    source: str
    start: int
    due_at: int
    days: tuple[Day, ...]  # empty for a limit by the clock


class Explanation(Struct, frozen=True):
    """Everything that can be told of one report."""

    event_id: str
    urgency: int
    life_safety: bool
    classified: ForClass
    placed: ForPlace
    candidates: tuple[Candidate, ...]
    routed: ForRoute
    due: ForDue


class Explainer:
    """Explains reports of one city."""

    def __init__(
        self, catalogue: Catalogue, areas: Mapping[str, Area], units: Mapping[str, Unit], classifier: Classifier,
        router: Router, is_workday: IsWorkday, day_name: DayName,
    ) -> None:  # fmt: skip
        self._items = catalogue.items
        self._areas = areas
        self._wordings = Wordings(areas.values())
        self._units = units
        self._classifier = classifier
        self._router = router
        self._is_workday = is_workday
        self._day_name = day_name

    def explain(self, event: Event, incidents: Iterable[Incident] = ()) -> Explanation:
        """Why the event is of its item, its place and its units; `incidents` are those that it might have joined."""
        item = self._items.get(event.item) or self._items[OTHER]
        trace = self._router.trace(matter_of(event))
        return Explanation(
            event.event_id, event.urgency, event.life_safety, self._class(event), self._place(event),
            tuple(self._candidate(event, item, incident) for incident in incidents), self._route(trace),
            self._due(trace, event.clock),
        )  # fmt: skip

    def _class(self, event: Event) -> ForClass:
        told = self._classifier.weigh(event.feed, (), event.text)[: ALTERNATIVES + 1]
        spoken = tuple(ForItem(self._item(one.item), round(one.points, 2), one.words) for one in told)
        return ForClass(
            self._item(event.item), event.classified_by, event.score, event.reasons, spoken, self._danger(event)
        )

    def _danger(self, event: Event) -> ForItem | None:
        item = self._items.get(event.item)
        if event.classified_by != "code" or event.feed == "police" or (item and item.life_safety):
            return None
        told = self._classifier.danger(event.text)
        return ForItem(self._item(told.item), round(told.points, 2), told.words) if told else None

    def _place(self, event: Event) -> ForPlace:
        areas = tuple(self._area(code) for code in reversed(lineage(event.area)))
        return ForPlace(areas, event.placed_by, event.ambiguous, event.lon, event.lat, event.address)

    def _candidate(self, event: Event, item: Item, incident: Incident) -> Candidate:
        found = compare(event, item, incident, shingles_of(event.text), self._wordings)
        named = self._item(incident.item)
        if found is None:
            return Candidate(incident.incident_id, named, False, _why_not(event, item, incident), 0, 0, ())  # noqa: FBT003
        why: WhyNot = "" if found.same else "evidence"
        return Candidate(
            incident.incident_id, named, found.same, why, found.points, found.needed, found.reasons
        )  # fmt: skip

    def _route(self, trace: Trace) -> ForRoute:
        rule = trace.rule
        return ForRoute(
            self._unit(trace.route.lead), tuple(map(self._unit, trace.route.assists)), trace.route.rule,
            _told(rule, ()) if rule else None, tuple(_told(one.rule, one.failed) for one in trace.passed),
        )  # fmt: skip

    def _due(self, trace: Trace, start: int) -> ForDue:
        days = tuple(
            Day(one.day, one.spent // 60_000, one.workday, self._day_name(one.day))
            for one in counted(trace.limit, start, self._is_workday)
        )
        return ForDue(trace.limit, trace.item.limit_source, start, trace.route.due_at, days)

    def _item(self, code: str) -> Named:
        item = self._items.get(code)
        return Named(code, item.name if item else "")

    def _area(self, code: str) -> Named:
        area = self._areas.get(code)
        return Named(code, area.name if area else "")

    def _unit(self, code: str) -> Named:
        unit = self._units.get(code)
        return Named(code, unit.name if unit else "")


def _told(rule: Rule, failed: tuple[str, ...]) -> ForRule:
    return ForRule(rule.name, rule.line, " ".join(rule.when.split()), failed)


def _why_not(event: Event, item: Item, incident: Incident) -> WhyNot:
    """Which of its first conditions `compare` did not find met; it says no more than that."""
    if event.item[:2] != incident.item[:2]:
        return "kind"
    apart_s = abs(event.occurred_at - incident.last_at) // 1000
    return "time" if apart_s > item.window_s else "place"
