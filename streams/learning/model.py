"""A trained model: which label a text has, how sure, and whether that is enough for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from streams.learning.features import Keys, Lookup, grams

Floats = NDArray[np.float32]
_CELLS = 8_192  # texts times labels that are worked on at once: what fits the processor's cache
ALTERNATIVES = 3


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a model file says of its training; figures are out of fold: of models that never saw the text."""

    labels: tuple[str, ...]
    temperature: float  # scores are multiplied by it before they become probabilities
    threshold: float  # a lower probability is no answer
    texts: int
    groups: int  # of near-duplicates: each was kept in one fold
    folds: int
    seed: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    answered: float  # share of texts at or above the threshold
    right_when_answered: float


class Answer(Struct, frozen=True, gc=False):
    """What a model says of one text."""

    label: str  # "" for no answer: the text says too little, or speaks for several labels alike
    probability: float  # of the best label, 0 to 1, calibrated; 0.0 for a text without a known gram
    alternatives: tuple[str, ...]  # the next labels, best first; of no answer the best one comes first


class Weights(Struct, frozen=True):
    """The numbers of a model. The first row of `table` is for no gram (zeros), the last one for all unknown grams."""

    vocabulary: Keys  # sorted, `NO_GRAM` first
    table: Floats  # grams + 1 by labels + 1: weight for each label, and what the gram adds to the text's squared length
    bias: Floats  # one a label


class Model:
    """Holds no state between texts: an answer depends on its text alone, not on its neighbours in a chunk."""

    def __init__(self, facts: Facts, weights: Weights, version: str) -> None:
        self.facts = facts
        self.weights = weights
        self.version = version  # digest of its content
        self._lookup = Lookup(weights.vocabulary)

    def answers(self, texts: Sequence[str]) -> list[Answer]:
        """An answer for each of `texts`."""
        labels = self.facts.labels
        answers = []
        for chances in self._chances(texts):
            order = np.argsort(-chances, axis=1, kind="stable")[:, : ALTERNATIVES + 1]
            best = np.take_along_axis(chances, order[:, :1], axis=1)[:, 0]
            for ranked, chance in zip(order.tolist(), best.tolist(), strict=True):
                names = tuple([labels[n] for n in ranked]) if chance > 0 else ()
                sure = chance >= self.facts.threshold and chance > 0
                answers.append(
                    Answer(names[0], chance, names[1:]) if sure else Answer("", chance, names[:ALTERNATIVES])
                )
        return answers

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Texts by labels, each row sums to 1; all 0 for a text without a known gram."""
        found = list(self._chances(texts))
        return np.concatenate(found) if found else np.zeros((0, len(self.facts.labels)), dtype=np.float32)

    def _chances(self, texts: Sequence[str]) -> Iterator[Floats]:
        step = max(16, _CELLS // (len(self.facts.labels) + 1))
        for start in range(0, len(texts), step):
            scores, silent = scores_of(texts[start : start + step], self.weights, self._lookup)
            chances = softmax(scores * np.float32(self.facts.temperature))
            chances[silent] = 0.0
            yield chances


def scores_of(texts: Sequence[str], weights: Weights, lookup: Lookup) -> tuple[Floats, NDArray[np.bool_]]:
    """Texts by labels: how much speaks for each label; and which texts have no known gram; `lookup` is theirs."""
    keys, begins = grams(texts)
    singles, pairs = lookup.places(keys)
    sums = np.add.reduceat(weights.table[singles] + weights.table[pairs], begins, axis=0)
    square = sums[:, -1:]
    length = np.sqrt(np.where(square > 0, square, np.float32(1)))
    silent: NDArray[np.bool_] = np.logical_not(sums[:, :-1].any(axis=1))
    return (sums[:, :-1] / length + weights.bias).astype(np.float32, copy=False), silent


def softmax(scores: NDArray[np.floating]) -> Floats:
    """Rows of probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    rows: Floats = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return rows
