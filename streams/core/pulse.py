"""Pulse: up to when each feed has been read, and when it was last heard.

A feed that nobody reads is not silent, it is unread: silence and absence are judged only up to the moment until which
every partition of the feed was read. Whoever reads a partition says so in beats.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Beat(Struct, frozen=True, array_like=True, gc=False):
    """One reader's word on one partition of a feed."""

    feed: str  # as the account names it: hotline, police, grid, allclears
    partition: int
    up_to: int  # ms UTC: everything that came before was read
    heard: int  # ms UTC of its latest record, 0 when the reader has had none


class Pulse:
    """The beats of all feeds taken together."""

    def __init__(self, partitions: Mapping[str, int]) -> None:
        """`partitions`: feed -> how many partitions it has."""
        self._partitions = partitions
        self._up_to: dict[tuple[str, int], int] = {}
        self._heard: dict[str, int] = {}

    def take(self, beat: Beat) -> None:
        """Note a beat; one that comes late changes nothing."""
        key = (beat.feed, beat.partition)
        self._up_to[key] = max(beat.up_to, self._up_to.get(key, 0))
        # Before a feed is heard for the first time, the begin of watching stands for it.
        self._heard[beat.feed] = max(beat.heard, self._heard.get(beat.feed, beat.up_to))

    def up_to(self, feed: str) -> int:
        """Until when (ms UTC) all of a feed was read; 0 while a partition of it has not been heard of."""
        return min(self._up_to.get((feed, partition), 0) for partition in range(self._partitions[feed]))

    def heard(self, feed: str) -> int:
        """When (ms UTC) the latest record of a feed came, or the watching began; 0 before that."""
        return self._heard.get(feed, 0)
