"""Rules, a model, or both: rules for codes and for words of danger, the model for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from streams.core.catalogue import OTHER, Catalogue
from streams.core.classify import Classifier
from streams.core.event import Classified
from streams.learning.model import Answer, Model


class Labelled(Struct, frozen=True, gc=False):
    """What a text is about, and who says so."""

    label: str  # code of a catalogue item, or a label of the model; `OTHER` or "" when nothing is sure
    name: str  # of the item and its class; the label itself if it is no item
    class_name: str
    by: str  # code, text, model, none
    score: float  # 0 to 1
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...]


class Labeller:
    """Asks the rules of a catalogue, a model, or both. Holds no state between texts."""

    def __init__(self, catalogue: Catalogue, *, rules: bool = True, model: Model | None = None) -> None:
        """Raises ValueError if there is nobody to ask."""
        if not rules and model is None:
            raise ValueError("neither rules nor a model")
        self._catalogue = catalogue
        self._rules = Classifier(catalogue) if rules else None
        self._model = model

    def label(self, texts: Sequence[str]) -> list[Labelled]:
        """What each of `texts` is about."""
        answers = self._model.answers(texts) if self._model else None
        if self._rules is None:
            return [self._of_answer(answer) for answer in answers or ()]
        ruled = [self._rules.classify("hotline", (), (), text) for text in texts]
        if answers is None:
            return [self._of_rules(found) for found in ruled]
        pairs = zip(ruled, answers, strict=True)
        return [
            self._of_rules(found) if settled_by_rules(found, self._catalogue) or not answer.label
            else self._of_answer(answer)
            for found, answer in pairs
        ]  # fmt: skip

    def _of_rules(self, found: Classified) -> Labelled:
        name, class_name = self._names(found.item)
        return Labelled(found.item, name, class_name, found.by, found.score, found.reasons, found.alternatives)

    def _of_answer(self, answer: Answer) -> Labelled:
        name, class_name = self._names(answer.label)
        by = "model" if answer.label else "none"
        reasons = (f"model {self._model.version}",) if self._model and answer.label else ()
        return Labelled(answer.label, name, class_name, by, round(answer.probability, 3), reasons, answer.alternatives)

    def _names(self, label: str) -> tuple[str, str]:
        item = self._catalogue.items.get(label)
        return (item.name, item.class_name) if item else (label, "")


def settled_by_rules(found: Classified, catalogue: Catalogue) -> bool:
    """Does a model have no say? Not over a source's code, and not where words tell of danger to life."""
    item = catalogue.items.get(found.item)
    return found.by == "code" or (item is not None and item.life_safety and found.item != OTHER)
