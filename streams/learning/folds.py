"""Folds for cross-validation: texts that nearly repeat one another are judged together, or a model would be praised
for remembering them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.learning.features import Ints, grams

ALIKE = 0.5  # shared pairs over all pairs of two texts, from which on they are near-duplicates
_COMMON = 200  # texts: a pair of characters that more of them have brings no two together


def near_duplicates(texts: Sequence[str], given: Sequence[str] = ()) -> Ints:
    """Number of the group of each text: near-duplicates, and texts of one `given` group, are together."""
    leaders = list(range(len(texts)))
    first: dict[str, int] = {}
    for number, name in enumerate(given):
        if name:
            _join(leaders, first.setdefault(name, number), number)
    sets = _pairs(texts)
    holders: dict[int, list[int]] = defaultdict(list)
    for number, pairs in enumerate(sets):
        shared = Counter(other for pair in pairs for other in holders[pair][:_COMMON])
        for other, common in shared.items():
            if common >= ALIKE * (len(pairs) + len(sets[other]) - common):
                _join(leaders, other, number)
        for pair in pairs:
            holders[pair].append(number)
    return np.array([_leader(leaders, number) for number in range(len(texts))], dtype=np.int64)


def fold_of(groups: Ints, classes: NDArray[np.int64], folds: int, seed: int) -> Ints:
    """Number of the fold of each text; whole groups, and the classes spread evenly over the folds."""
    spread = np.zeros((folds, int(classes.max()) + 1))
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups.tolist()):
        members[group].append(number)
    shuffled = np.random.default_rng(seed).permutation(sorted(members)).tolist()
    fold = np.zeros(len(groups), dtype=np.int64)
    for group in sorted(shuffled, key=lambda g: -len(members[g])):  # the large ones first, while there is room
        counts = np.bincount(classes[members[group]], minlength=spread.shape[1])
        chosen = int(np.lexsort((spread.sum(axis=1), spread @ counts))[0])
        spread[chosen] += counts
        fold[members[group]] = chosen
    return fold


def _pairs(texts: Sequence[str]) -> list[frozenset[int]]:
    keys, begins = grams(texts)
    ends = [*begins[1:].tolist(), keys.shape[1]]
    rows = keys[1].tolist()
    return [frozenset(rows[a:b]) - {0} for a, b in zip(begins.tolist(), ends, strict=True)]


def _leader(leaders: list[int], number: int) -> int:
    while leaders[number] != number:
        leaders[number] = leaders[leaders[number]]
        number = leaders[number]
    return number


def _join(leaders: list[int], one: int, other: int) -> None:
    low, high = sorted((_leader(leaders, one), _leader(leaders, other)))
    leaders[high] = low
