"""What texts without a source's code are about: by a model of any labels, or as a city's running pipeline would say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from streams.core.catalogue import OTHER, Catalogue
from streams.core.classify import Classifier
from streams.core.event import Classified
from streams.core.opinion import By, Learned, settled_by_rules
from streams.learning.model import Model


class Labelled(Struct, frozen=True, gc=False):
    """What a text is about, and who says so."""

    label: str  # code of a catalogue item, or a label of the model; `OTHER` or "" when nothing is sure
    name: str  # of the item and its class; the label itself if it is no item
    class_name: str
    by: str  # text, model, none
    score: float  # 0 to 1
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...]


class Labeller(Protocol):
    """Says what texts are about. Holds no state between texts."""

    def label(self, texts: Sequence[str]) -> list[Labelled]:
        """What each of `texts` is about."""
        ...


class CityLabeller:
    """Asks as the pipeline of a city does: its catalogue's words, and its model, if it has one."""

    def __init__(self, catalogue: Catalogue, learned: Learned | None = None, by: By = "rules") -> None:
        self._catalogue = catalogue
        self._rules = Classifier(catalogue)
        self._learned = learned
        self._by = by

    def label(self, texts: Sequence[str]) -> list[Labelled]:
        """What each of `texts` is about."""
        ruled = [self._rules.classify("hotline", (), (), text) for text in texts]
        if self._learned is None:
            return [self._labelled(found) for found in ruled]
        told = self._learned.classify(texts)
        return [self._labelled(self._chosen(*pair)) for pair in zip(ruled, told, strict=True)]

    def _chosen(self, found: Classified, told: Classified) -> Classified:
        life_safety = self._catalogue.items[found.item].life_safety
        if settled_by_rules(found.by, self._by, life_safety=life_safety):
            return found
        return found if told.item == OTHER and self._by == "both" else told

    def _labelled(self, found: Classified) -> Labelled:
        item = self._catalogue.items[found.item]
        return Labelled(
            found.item, item.name, item.class_name, found.by, found.score, found.reasons, found.alternatives
        )  # fmt: skip


class ModelLabeller:
    """Asks a model alone, whatever its labels are; one that is an item's code is told with the item's name."""

    def __init__(self, catalogue: Catalogue, model: Model) -> None:
        self._items = catalogue.items
        self._model = model

    def label(self, texts: Sequence[str]) -> list[Labelled]:
        """What each of `texts` is about; the label is empty where the model is not sure."""
        labelled = []
        for answer in self._model.answers(texts):
            item = self._items.get(answer.label)
            name, class_name = (item.name, item.class_name) if item else (answer.label, "")
            by, reasons = ("model", (f"model {self._model.version}",)) if answer.label else ("none", ())
            score = round(answer.probability, 3)
            labelled.append(Labelled(answer.label, name, class_name, by, score, reasons, answer.alternatives))
        return labelled
