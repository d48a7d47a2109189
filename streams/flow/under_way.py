"""Which chunks of each partition are under way: what may be taken next, and what may be committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from faust.types import TP

MOST = 8  # chunks of a partition: what its memory and a rebalance have to bear

Ends = Mapping[TP, int]  # a chunk's partitions, each with the offset of its last record


class UnderWay:
    """Of one consumer; the broker's client looks at `busy`."""

    def __init__(self) -> None:
        self.busy: set[TP] = set()  # partitions of which no chunk may be taken now
        self._held: dict[TP, int] = {}  # partitions whose latest chunk has not been let go, with its end
        self._chunks: dict[TP, dict[int, bool]] = defaultdict(dict)  # last offsets, in order, and: is it done
        self._done: dict[TP, int] = {}

    def begin(self, ends: Ends) -> None:
        """A chunk was taken: nothing more of its partitions until it is let go."""
        self.busy.update(ends)
        self._held.update(ends)
        for tp, end in ends.items():
            self._chunks[tp][end] = False

    def let_go(self, ends: Ends) -> None:
        """The next chunk may be taken of these partitions, unless too many are under way: then when one ends."""
        for tp, end in ends.items():
            if self._held.get(tp) == end:
                del self._held[tp]
            if tp not in self._held and len(self._chunks[tp]) < MOST:
                self.busy.discard(tp)

    def end(self, ends: Ends) -> None:
        """A chunk is done; whatever was done after it counts from now on too."""
        for tp, end in ends.items():
            chunks = self._chunks[tp]
            if end not in chunks:
                continue  # forgotten: of before a rebalance
            chunks[end] = True
            while chunks and chunks[first := next(iter(chunks))]:
                del chunks[first]
                self._done[tp] = first + 1
        self.let_go(ends)

    def done(self, tp: TP) -> int | None:
        """The offset before which all is done, as far as it was taken here."""
        return self._done.get(tp)

    def forget(self) -> None:
        """The partitions are given away, or to us anew: what is under way is no longer ours to acknowledge."""
        for kept in (self.busy, self._held, self._chunks, self._done):
            kept.clear()
