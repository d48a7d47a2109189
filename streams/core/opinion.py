"""Who says what a text is about: the catalogue's words, a learned model, or both.

A source's own code stands in any case, and words of danger to life make a report urgent in any case. The words have
been asked already when a model gets its say (`streams.core.accept`), so a model that fails takes nothing away, and one
is asked for many texts at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from streams.core.catalogue import OTHER, Catalogue
from streams.core.event import Classified, Event

By = Literal["rules", "model", "both"]


class Classes(Struct, frozen=True):
    """What a city says of this, see docs/decisions.md."""

    by: By = "rules"
    model: str = ""  # path of the model file, "" for none
    threshold: float | None = None  # a lower probability is no answer; None: the model's own
    labels: Mapping[str, str] = {}  # label of the model -> item; a label that is missing here is an item's code


class Learned(Protocol):
    """A model whose labels are items of the catalogue."""

    version: str

    def classify(self, texts: Sequence[str]) -> Sequence[Classified]:
        """The item of each of `texts`; `OTHER` by none where it is not sure."""
        ...


class Opinion:
    """Gives a learned model its say on reports that the words of the catalogue have classified."""

    def __init__(self, catalogue: Catalogue, learned: Learned, by: By) -> None:
        self.version = learned.version
        self.by = by
        self._items = catalogue.items
        self.learned = learned

    def on(self, events: Sequence[Event]) -> list[Event]:
        """The same reports in the same order, all with the model's version, some with another item."""
        asked = [n for n, event in enumerate(events) if not self._settled(event)]
        told = self.learned.classify([events[n].text for n in asked]) if asked else ()
        heard = [replace(event, model=self.version) for event in events]
        for n, found in zip(asked, told, strict=True):
            if found.item != OTHER or self.by == "model":
                heard[n] = self._reclassified(heard[n], found)
        return heard

    def _settled(self, event: Event) -> bool:
        return settled_by_rules(event.classified_by, self.by, life_safety=event.life_safety)

    def _reclassified(self, event: Event, found: Classified) -> Event:
        """The event as what the model says, but as urgent as its words of danger made it."""
        item, danger = self._items[found.item], event.life_safety
        return replace(
            event, item=found.item, classified_by=found.by, score=found.score,
            reasons=(*found.reasons, *event.reasons) if danger else found.reasons,
            urgency=min(item.level, event.urgency) if danger else item.level, life_safety=item.life_safety or danger,
        )  # fmt: skip


def settled_by_rules(classified_by: str, by: By, *, life_safety: bool) -> bool:
    """Has a model no say? Never over a source's code; with "both", not where words tell of danger to life either."""
    return by == "rules" or classified_by == "code" or (by == "both" and life_safety)
