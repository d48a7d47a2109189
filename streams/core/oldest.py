"""Dictionaries that forget what is oldest in them.

Python passes over the places of all that was deleted from the front of a dictionary to find its first key: one that is
shortened by a key at a time takes longer with every key. So it is done for many at once.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def keep_youngest(known: dict[K, V], most: int) -> list[V]:
    """Where a dictionary has a twentieth more than `most` entries, take the oldest out that are too many."""
    if len(known) <= most + most // 20:
        return []
    return [known.pop(key) for key in list(islice(known, len(known) - most))]
