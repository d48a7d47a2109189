"""Measures of classification, from true and guessed classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from streams.learning.calibrate import calibration_error
from streams.learning.model import Model

Classes = NDArray[np.int64]


class ClassFigures(Struct, frozen=True):
    """How well one label is found."""

    label: str
    texts: int
    precision: float
    recall: float
    f1: float


class Figures(Struct, frozen=True):
    """How well a model does on labelled texts."""

    version: str  # of the model
    texts: int
    accuracy: float
    macro_f1: float  # over the labels that occur in the file
    calibration_error: float
    answered: float  # share of texts that get an answer
    right_when_answered: float
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]  # true label by guessed label, in the order of `classes`


def measure(model: Model, texts: Sequence[str], labels: Sequence[str]) -> Figures:
    """Judge `model` on labelled texts, the best label of each counted whether it is sure or not.

    A label that the model does not know counts as never found.
    """
    known = model.facts.labels
    names = [*known, *sorted(set(labels) - set(known))]
    number = {name: n for n, name in enumerate(names)}
    true = np.array([number[label] for label in labels], dtype=np.int64)
    chances = model.probabilities(texts)
    guess, best = chances.argmax(axis=1), chances.max(axis=1)
    right, sure = guess == true, best >= model.facts.threshold
    confusion = confusion_of(true, guess, len(names))
    return Figures(
        model.version, len(texts), float(right.mean()), macro_f1(true, guess, len(names)),
        calibration_error(best, right), float(sure.mean()), float(right[sure].mean()) if sure.any() else 0.0,
        tuple(_class_figures(name, n, confusion) for n, name in enumerate(names)),
        tuple(tuple(row) for row in confusion.tolist()),
    )  # fmt: skip


def confusion_of(true: Classes, guess: Classes, many: int) -> NDArray[np.int64]:
    """Counts, true class by guessed class."""
    return np.bincount(true * many + guess, minlength=many * many).reshape(many, many)


def macro_f1(true: Classes, guess: Classes, many: int) -> float:
    """Mean F1 of the classes that occur."""
    confusion = confusion_of(true, guess, many)
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    occurs = confusion.sum(axis=1) > 0
    return float((2 * confusion.diagonal()[occurs] / both[occurs]).mean())


def _class_figures(name: str, number: int, confusion: NDArray[np.int64]) -> ClassFigures:
    hit = int(confusion[number, number])
    texts, guessed = int(confusion[number].sum()), int(confusion[:, number].sum())
    return ClassFigures(
        name, texts, hit / guessed if guessed else 0.0, hit / texts if texts else 0.0,
        2 * hit / (texts + guessed) if texts + guessed else 0.0,
    )  # fmt: skip
