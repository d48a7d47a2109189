"""Drawing by weight, fast: one random number and one binary search."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things that are drawn as often as their weights say. Weights of 0 or less are left out; empty draws raise."""

    __slots__ = ("_sums", "_things", "_total")

    def __init__(self, weighted: Iterable[tuple[T, float]]) -> None:
        pairs = [(thing, weight) for thing, weight in weighted if weight > 0]
        self._things = [thing for thing, _ in pairs]
        self._sums = list(accumulate(weight for _, weight in pairs))
        self._total = self._sums[-1] if self._sums else 0.0

    def __len__(self) -> int:
        return len(self._things)

    def draw(self, rng: Random) -> T:
        """One of the things."""
        return self._things[bisect_right(self._sums, rng.random() * self._total)]
