"""`sanwang explain`: one report out of ClickHouse, or one that somebody asks about."""

from __future__ import annotations

import msgspec

from streams.city.city import City
from streams.core.accept import Door, Envelope
from streams.core.catalogue import OTHER
from streams.core.classify import Classifier
from streams.core.decision import Incident
from streams.core.event import Event, Report
from streams.core.explain import Explainer, Explanation
from streams.core.places import Places
from streams.core.route import Router
from streams.errors import SanwangError
from streams.explain.read import Decided, read_candidates, read_event
from streams.explain.words import Language, Teller
from streams.learning.items import opinion_of
from streams.warehouse.errors import WarehouseError
from streams.warehouse.port import Warehouse

ASKED = "?"  # number of a report that is only asked about
_NO_KEY = bytes(16)  # such a report has no caller


class Explained(msgspec.Struct, frozen=True):
    """An explanation, with what was decided when the report came in, if it did."""

    explanation: Explanation
    decided: Decided | None
    asked: bool  # was a warehouse asked for candidates

    def text(self, language: Language) -> str:
        """In words."""
        return "\n".join(Teller(language).tell(self.explanation, self.decided, asked=self.asked))

    def json(self) -> str:
        """As JSON: the fields of `streams.core.explain`, and `decided` (null for a report that never came in)."""
        plain = {**msgspec.to_builtins(self.explanation), "decided": msgspec.to_builtins(self.decided)}
        return msgspec.json.format(msgspec.json.encode(plain)).decode()


class Explaining:
    """Everything of a city that explaining takes."""

    def __init__(self, city: City) -> None:
        self._items = city.catalogue.items
        self._classifier = Classifier(city.catalogue)
        self._door = Door(city.catalogue, Places(city.areas.values()), self._classifier, _NO_KEY)
        self._opinion = opinion_of(city.classes, city.catalogue)
        router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
        self._explainer = Explainer(
            city.catalogue, city.areas, city.units, self._classifier, router, city.is_workday, city.calendar.name_of
        )

    def report(self, report: Report, warehouse: Warehouse, now: int) -> Explained:
        """A report as if it came in at `now` (ms UTC); a warehouse that does not answer is done without.

        Raises RefusedError for a report that would be refused.
        """
        event = self._door.accept(report, Envelope(0, 0, now, replayed=False), now)
        if self._opinion:
            [event] = self._opinion.on([event])
        try:
            candidates, asked = self._candidates(event, warehouse), True
        except WarehouseError:
            candidates, asked = [], False
        return Explained(self._explainer.explain(event, candidates), None, asked)

    def event(self, event_id: str, warehouse: Warehouse) -> Explained:
        """A report that came in. Raises SanwangError if the warehouse has none of that id or does not answer."""
        found = read_event(warehouse, event_id)
        if found is None:
            raise SanwangError(f"there is no report {event_id!r}; ids are feed:number, as in police:20260301000001")
        event, decided = found
        return Explained(self._explainer.explain(event, self._candidates(event, warehouse)), decided, asked=True)

    def _candidates(self, event: Event, warehouse: Warehouse) -> list[Incident]:
        return read_candidates(warehouse, event, self._items.get(event.item) or self._items[OTHER])
