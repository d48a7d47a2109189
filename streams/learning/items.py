"""A model whose labels are made items of a catalogue, for the running pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec.structs import replace

from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.event import Classified
from streams.core.opinion import Classes, Opinion
from streams.errors import SanwangError
from streams.learning.model import Answer, Model
from streams.learning.model_file import ModelFileError, load_model


class ItemModel:
    """A model with the item of each of its labels. Holds no state between texts."""

    def __init__(self, model: Model, classes: Classes, items: Mapping[str, Item]) -> None:
        """Raises SanwangError for a label without an item, and for a label in `classes` that the model has not."""
        self._items = {label: classes.labels.get(label, label) for label in model.facts.labels}
        homeless = [label for label, item in self._items.items() if item not in items]
        if homeless:
            raise SanwangError(f"{_first(homeless)} of the model is no item: give it one under [labels]")
        if strange := sorted(classes.labels.keys() - self._items.keys()):
            raise SanwangError(f"{_first(strange)} under [labels] is no label of the model")
        self._model = model if classes.threshold is None else _with_threshold(model, classes.threshold)
        self.version = model.version + _told(classes)

    def classify(self, texts: Sequence[str]) -> list[Classified]:
        """The item of each of `texts`, with its probability as score; `OTHER` by none where the model is not sure."""
        return [self._classified(answer) for answer in self._model.answers(texts)]

    def _classified(self, answer: Answer) -> Classified:
        others = tuple(dict.fromkeys(self._items[label] for label in answer.alternatives))
        item = self._items[answer.label] if answer.label else OTHER
        if item == OTHER:
            return Classified(OTHER, "none", round(answer.probability, 3), (), others)
        reasons = () if item == answer.label else (f"label {answer.label}",)
        return Classified(item, "model", round(answer.probability, 3), reasons, others)


def opinion_of(classes: Classes, catalogue: Catalogue) -> Opinion | None:
    """The say of the model that a city names, None if it leaves all to the rules.

    Raises ModelFileError for a file that is no model, and for labels that do not fit the catalogue.
    """
    if classes.by == "rules":
        return None
    path = Path(classes.model)
    model = load_model(path)
    try:
        return Opinion(catalogue, ItemModel(model, classes, catalogue.items), classes.by)
    except SanwangError as error:
        raise ModelFileError(path, str(error)) from error


def _with_threshold(model: Model, threshold: float) -> Model:
    return Model(replace(model.facts, threshold=threshold), model.weights, model.version)


def _told(classes: Classes) -> str:
    """What sets the same model apart in two cities: "+" and a digest of labels and threshold, "" if none are given."""
    if classes.threshold is None and not classes.labels:
        return ""
    told = msgspec.json.encode([classes.threshold, sorted(classes.labels.items())])
    return f"+{sha256(told).hexdigest()[:8]}"


def _first(labels: Sequence[str]) -> str:
    more = f" (and {len(labels) - 1} more)" if len(labels) > 1 else ""
    return f"label {labels[0]!r}{more}"
