"""Texts as characters and pairs of neighbouring characters, a whole chunk at once.

Pairs need no word list, so new estates and local words count as soon as they are in the history. A pair's key holds its
two code points, 21 bits each, a character's key is its code point: no two grams share a key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]

READ = 200  # characters of a text that are looked at: who complains comes to the matter at once
NO_GRAM = np.uint64(0)  # no character, and no pair of two, has this key
_BITS = np.uint64(21)  # of a code point
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplier, 2**64 over the golden ratio
_END = "\0"  # behind every text, so that no pair crosses two
_BLANK, _ZERO, _NINE = 32, 48, 57


def grams(texts: Sequence[str]) -> tuple[Keys, Ints]:
    """Keys of all grams of `texts` as two rows (characters; pairs), and the column where each text begins.

    Every text has at least one column, its end mark's; where there is no gram the key is `NO_GRAM`. Width, case, blanks
    and the values of digits make no difference.
    """
    points = _points(texts).astype(np.uint64)
    pairs = np.zeros_like(points)
    if len(points):
        both = (points[:-1] != 0) & (points[1:] != 0)
        pairs[:-1] = np.where(both, points[:-1] << _BITS | points[1:], NO_GRAM)
    ends = np.flatnonzero(points == 0)
    return np.stack((points, pairs)), np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends


def vocabulary_of(texts: Sequence[str], least: int) -> Keys:
    """The grams that stand in at least `least` of the texts, sorted by key, `NO_GRAM` first."""
    keys, begins = grams(texts)
    owner = np.repeat(np.arange(len(texts)), np.diff(begins, append=keys.shape[1]))
    found, numbers = np.unique(keys, return_inverse=True)
    once = np.unique(numbers.reshape(keys.shape) * len(texts) + owner)
    spread = np.bincount(once // len(texts), minlength=len(found))
    vocabulary: Keys = found[(spread >= least) | (found == NO_GRAM)]
    return vocabulary


class Lookup:
    """Where keys stand in a sorted vocabulary, found by hashing: a model would spend most of its time on a search."""

    def __init__(self, vocabulary: Keys) -> None:
        """`vocabulary` is sorted and begins with `NO_GRAM`."""
        bits = (8 * len(vocabulary)).bit_length()
        self._vocabulary = vocabulary
        self._shift = np.uint64(64 - bits)
        self._place = np.zeros(1 << bits, dtype=np.int64)
        slots, places = self._slots(vocabulary), np.arange(len(vocabulary))
        self._place[slots] = places
        crowded = self._place[slots] != places  # their slot went to another key
        self._crowded = vocabulary[crowded]
        self._shared = np.zeros(1 << bits, dtype=np.bool_)
        self._shared[slots[crowded]] = True

    def places(self, keys: Keys) -> Ints:
        """Where each of `keys` stands; the vocabulary's length for a key that it does not hold."""
        slots = self._slots(keys)
        at = self._place[slots]
        missed = self._vocabulary[at] != keys
        doubtful = missed & self._shared[slots]
        at[missed] = len(self._vocabulary)
        if doubtful.any():
            at[doubtful] = self._searched(keys[doubtful])
        return at

    def _slots(self, keys: Keys) -> Keys:
        return (keys * _SPREAD) >> self._shift

    def _searched(self, keys: Keys) -> Ints:
        at = np.minimum(np.searchsorted(self._crowded, keys), len(self._crowded) - 1)
        there = self._crowded[at] == keys
        return np.where(there, np.searchsorted(self._vocabulary, keys), len(self._vocabulary))


def _points(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Code points of all texts, an end mark (0) behind each."""
    joined = "".join([text[:READ].replace(_END, "") + _END for text in texts])
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    plain = _plain()
    points = np.where(points < len(plain), plain[np.minimum(points, len(plain) - 1)], points)
    kept: NDArray[np.uint32] = points[(points > _BLANK) | (points == 0)]
    return kept


@cache
def _plain() -> NDArray[np.uint32]:
    """For each code point of the basic plane what it is written as: width, case and digits level (NFKC, one by one).

    A character that stands for several (㎡) stays as it is.
    """
    folded = [unicodedata.normalize("NFKC", chr(point)).lower() for point in range(0x10000)]
    points = np.array([ord(one) if len(one) == 1 else point for point, one in enumerate(folded)], dtype=np.uint32)
    points[(points >= _ZERO) & (points <= _NINE)] = _ZERO
    return points
