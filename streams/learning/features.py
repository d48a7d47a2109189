"""Texts as characters and pairs of neighbouring characters, a whole chunk at once.

Pairs need no word list, so new estates and local words count as soon as they are in the history. A pair's key holds its
two code points, 21 bits each, a character's key is its code point: no two grams share a key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]

READ = 200  # characters of a text that are looked at: who complains comes to the matter at once
NO_GRAM = np.uint64(0)  # no character, and no pair of two, has this key
_BITS = np.uint64(21)  # of a code point
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


def places(keys: Keys, vocabulary: Keys) -> Ints:
    """Where each key stands in the sorted `vocabulary`; its length for a key that it does not hold."""
    at = np.searchsorted(vocabulary, keys)
    at[at == len(vocabulary)] = 0
    return np.where(vocabulary[at] == keys, at, len(vocabulary)) if len(vocabulary) else at


def _points(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Code points of all texts, an end mark (0) behind each."""
    joined = "".join([text[:READ].replace(_END, "") + _END for text in texts])
    plain = unicodedata.normalize("NFKC", joined).lower()
    points = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    points = points[(points > _BLANK) | (points == 0)]
    return np.where((points >= _ZERO) & (points <= _NINE), np.uint32(_ZERO), points)
