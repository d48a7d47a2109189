"""How far this worker has read each feed, as beats for the watch."""

from __future__ import annotations

from collections.abc import Iterable

from faust.types import TP

from streams.core.pulse import Beat
from streams.flow.dead_letters import received_at
from streams.flow.topics import FEED_TOPICS
from streams.flow.transport import Chunk

_MARGIN_MS = 2_000  # so late may the end of a partition be known here


class Reading:
    """When each partition of the feeds was heard, by this worker."""

    def __init__(self) -> None:
        self._heard: dict[TP, int] = {}

    def note(self, chunk: Chunk) -> None:
        """A chunk of a feed that has been worked on."""
        for partition, last in {record.partition: record for record in chunk.records}.items():
            self._heard[TP(chunk.topic, partition)] = received_at(last)

    def beats(self, positions: Iterable[tuple[TP, tuple[int, int]]], now: int) -> list[Beat]:
        """A beat for every partition of a feed among `positions` (done, end): read until now where nothing is left."""
        beats = []
        for tp, (done, end) in positions:
            if feed := FEED_TOPICS.get(tp.topic):
                heard = self._heard.get(tp, 0)
                beats.append(Beat(feed, tp.partition, now - _MARGIN_MS if done >= end else heard, min(heard, now)))
        return beats
