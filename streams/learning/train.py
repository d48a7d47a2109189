"""Training: linear scores on characters and pairs, weighed by how differently the labels use them (after NB-SVM, Wang
and Manning 2012), judged out of fold and calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from streams.errors import SanwangError
from streams.learning.calibrate import calibration_error, temperature_of, threshold_of
from streams.learning.features import Keys, Lookup, grams, vocabulary_of
from streams.learning.figures import macro_f1
from streams.learning.folds import fold_of, near_duplicates
from streams.learning.model import Facts, Floats, Model, Weights, scores_of, softmax
from streams.learning.model_file import LARGEST, sealed, stored

FOLDS = 5
_LEAST = 2  # texts that a gram must stand in
_SMOOTHING = 0.3
_COST = 1.0  # C of the support vector machine
_BYTES = 2  # of a stored weight

Classes = NDArray[np.int64]


def train(texts: Sequence[str], labels: Sequence[str], groups: Sequence[str] = (), seed: int = 0) -> Model:
    """A model of the labels of `texts`; `groups` (if given, one a text) are kept in one fold, like near-duplicates.

    The same input and seed give the same model, bit for bit on one machine. Raises SanwangError if there are fewer
    than two labels, or a label has fewer groups of near-duplicates than there are folds.
    """
    names, classes = np.unique(np.array(labels, dtype=object), return_inverse=True)
    together = near_duplicates(texts, groups)
    _check(names, classes, together)
    fold = fold_of(together, classes, FOLDS, seed)
    scores = _out_of_fold(texts, classes, fold, seed)
    temperature = temperature_of(scores, classes)
    chances = softmax(scores * temperature)
    guess, best = chances.argmax(axis=1), chances.max(axis=1)
    right = guess == classes
    threshold = threshold_of(best, right)
    sure = best >= threshold
    facts = Facts(
        labels=tuple(names.tolist()), temperature=temperature, threshold=threshold, texts=len(texts),
        groups=len(set(together.tolist())), folds=FOLDS, seed=seed, accuracy=round(float(right.mean()), 4),
        macro_f1=round(macro_f1(classes, guess, len(names)), 4),
        calibration_error=round(calibration_error(best, right), 4), answered=round(float(sure.mean()), 4),
        right_when_answered=round(float(right[sure].mean()) if sure.any() else 0.0, 4),
    )  # fmt: skip
    return sealed(facts, fit(texts, classes, seed))


def fit(texts: Sequence[str], classes: Classes, seed: int) -> Weights:
    """Weights learned from all of `texts`, rounded as a file stores them; `classes` count from 0 without gaps."""
    many = int(classes.max()) + 1
    vocabulary = vocabulary_of(texts, _LEAST)
    counts = _counts(texts, vocabulary)
    scale = _scale(counts, classes, many)
    strange = float((scale[1:] ** 2).mean())  # an unknown gram makes a text longer by as much as a known one does
    room = LARGEST // (_BYTES * (many + 1)) - 1
    if len(vocabulary) > room:
        kept = np.union1d(0, np.argsort(-scale, kind="stable")[: room - 1])
        vocabulary, counts, scale = vocabulary[kept], counts[:, [*kept, -1]], scale[kept]
    rows = _scaled(counts, scale, strange)
    machine = LinearSVC(C=_COST, dual=False, random_state=seed).fit(rows, classes)
    weights, bias = np.atleast_2d(machine.coef_), np.atleast_1d(machine.intercept_)
    if many == 2:  # of two labels it learns one: the other is its opposite
        weights, bias = np.vstack((-weights, weights)), np.concatenate((-bias, bias))
    table = np.zeros((len(vocabulary) + 1, many + 1), dtype=np.float32)
    table[:-1, :-1] = weights.T * scale[:, None]
    table[:, -1] = (*scale**2, strange)
    return stored(Weights(vocabulary, table, bias.astype(np.float32)))


def _out_of_fold(texts: Sequence[str], classes: Classes, fold: NDArray[np.int64], seed: int) -> Floats:
    scores = np.zeros((len(texts), int(classes.max()) + 1), dtype=np.float32)
    for number in range(FOLDS):
        held = fold == number
        weights = fit([*compress(texts, ~held)], classes[~held], seed)
        scores[held] = scores_of([*compress(texts, held)], weights, Lookup(weights.vocabulary))[0]
    return scores


def _counts(texts: Sequence[str], vocabulary: Keys) -> csr_matrix:
    """Texts by grams: how often each stands there; the last column counts the unknown ones."""
    keys, begins = grams(texts)
    owner = np.repeat(np.arange(len(texts)), np.diff(begins, append=keys.shape[1]))
    owners = np.concatenate((owner, owner))
    where = Lookup(vocabulary).places(keys).ravel()
    return csr_matrix((np.ones(len(owners)), (owners, where)), shape=(len(texts), len(vocabulary) + 1))


def _scale(counts: csr_matrix, classes: Classes, many: int) -> NDArray[np.float64]:
    """Of each gram: how far the labels are apart in using it, as the deviation of its log count ratios."""
    member = csr_matrix((np.ones(len(classes)), (classes, np.arange(len(classes)))), shape=(many, len(classes)))
    within = (member @ (counts[:, :-1] > 0)).toarray() + _SMOOTHING
    without = within.sum(axis=0) - within
    ratios = np.log(within / within.sum(axis=1, keepdims=True)) - np.log(without / without.sum(axis=1, keepdims=True))
    scale: NDArray[np.float64] = ratios.std(axis=0).round(4)
    scale[0] = 0.0  # of no gram
    return scale


def _scaled(counts: csr_matrix, scale: NDArray[np.float64], strange: float) -> csr_matrix:
    """The rows that are learned from: scaled, and of length 1 with the unknown grams counted in."""
    square = counts @ np.append(scale**2, strange)
    length = np.sqrt(np.where(square > 0, square, 1.0))
    return csr_matrix(counts[:, :-1].multiply(scale[None, :]).multiply(1 / length[:, None]))


def _check(names: NDArray[np.object_], classes: Classes, together: NDArray[np.int64]) -> None:
    if len(names) < 2:
        raise SanwangError(f"there is nothing to tell apart: {len(names)} labels")
    for number, name in enumerate(names.tolist()):
        groups = len(set(together[classes == number].tolist()))
        if groups < FOLDS:
            raise SanwangError(f"label {name!r} has {groups} texts apart from near-duplicates, {FOLDS} are needed")
