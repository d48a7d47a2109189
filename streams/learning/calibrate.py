"""Probabilities that mean what they say, and the one below which there is no answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.learning.model import Floats, softmax

SURE = 2 / 3  # an answer is given where two of three such answers are right; else people look at the report
_TEMPERATURES = np.geomspace(0.5, 10, 151)  # in steps of 2 %; a few clear texts must not make it sure of all
_BINS = 15


def temperature_of(scores: Floats, classes: NDArray[np.int64]) -> float:
    """The factor on scores that gives the true classes the highest likelihood."""
    rows = np.arange(len(classes))
    losses = [-np.log(np.maximum(softmax(scores * t)[rows, classes], 1e-12)).mean() for t in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 4)


def threshold_of(best: Floats, right: NDArray[np.bool_]) -> float:
    """The lowest probability from which on, by isotonic regression, two of three answers are right.

    `best` are the probabilities of the best labels and `right` whether these were the true ones.
    """
    order = np.argsort(best, kind="stable")
    level = _rising(right[order].astype(float))
    above = np.flatnonzero(level >= SURE)
    return round(float(best[order][above[0]]), 4) if len(above) else 1.0


def calibration_error(best: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error: how far, on average, probability and share of right answers are apart (15 bins)."""
    bins = np.minimum((best * _BINS).astype(int), _BINS - 1)
    held = np.bincount(bins, minlength=_BINS)
    gap = np.bincount(bins, weights=best - right, minlength=_BINS)
    return float(np.abs(gap).sum() / max(held.sum(), 1))


def _rising(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rising sequence that is nearest to `values` (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []  # mean, length
    for value in values.tolist():
        mean, length = value, 1
        while blocks and blocks[-1][0] >= mean:
            before, many = blocks.pop()
            mean, length = (before * many + mean * length) / (many + length), many + length
        blocks.append((mean, length))
    return np.repeat([mean for mean, _ in blocks], [length for _, length in blocks])
