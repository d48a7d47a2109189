"""Decisions that are remembered, as many as may be."""

from __future__ import annotations

from typing import TypeVar

MOST = 100_000  # of each kind: some tens of MB when full
K = TypeVar("K")
V = TypeVar("V")


def remember(known: dict[K, V], key: K, value: V) -> V:
    """Keep a value; where too many are kept, forget all of them first."""
    if len(known) >= MOST:
        known.clear()
    known[key] = value
    return value
