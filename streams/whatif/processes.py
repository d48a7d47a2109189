"""The work of both sides on all cores: a process for each share of the partitions."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from itertools import islice

from streams.whatif.asked import Reading, Unread
from streams.whatif.compare import Comparison, Difference, Sums
from streams.whatif.forks import Fork
from streams.whatif.pair import Pair
from streams.whatif.share import Piece, Share, share_of, unpacked

BATCH = 2_000  # reports
_AHEAD = 4  # batches in hand between one step and the next, so that nobody waits


class Workers:
    """Processes that compare reports, each of which decides for some of the partitions."""

    def __init__(self, forks: Sequence[Fork], partitions: int) -> None:
        self._forks = forks
        self._partitions = partitions
        self._across = Comparison()  # of reports on which one process speaks for one side, and one for the other

    def compare(self, reports: Iterable[Unread]) -> Iterator[list[Difference]]:
        """The differences of reports, batch by batch, in the order of the reports."""
        hearing: deque[list[Future[list[bytes]]]] = deque()
        deciding: deque[list[Future[bytes]]] = deque()
        waiting = iter(reports)
        while True:
            if batch := list(islice(waiting, BATCH)):
                pieces = zip(self._forks, self._pieces(batch), strict=True)
                hearing.append([fork.ask("hear", piece) for fork, piece in pieces])
            while hearing and (not batch or len(hearing) > _AHEAD):
                for_each = zip(*(heard.result() for heard in hearing.popleft()), strict=True)
                shared = zip(self._forks, for_each, strict=True)
                deciding.append([fork.ask("decide", strays) for fork, strays in shared])
            while deciding and (not batch or len(deciding) > _AHEAD):
                yield self._joined(deciding.popleft())
            if not batch:
                return

    def sums(self) -> Sums:
        """What all reports so far come to."""
        told = [fork.ask("sums") for fork in self._forks]
        return Sums.of([self._across.sums, *(one.result() for one in told)])

    def _pieces(self, batch: Iterable[Unread]) -> list[Piece]:
        """A batch by who likely decides on it: that saves handing it over."""
        count = len(self._forks)
        pieces: list[list[tuple[int, bytes]]] = [[] for _ in range(count)]
        for number, (area, told) in enumerate(batch):
            share = share_of(area, self._partitions, count) if area else number % count
            pieces[share].append((number, told))
        return list(pieces)

    def _joined(self, answers: Iterable[Future[bytes]]) -> list[Difference]:
        told = [unpacked(answer.result()) for answer in answers]
        across = self._across.add(half for _, halves in told for half in halves)
        found = [difference for differences, _ in told for difference in differences]
        return sorted([*found, *across], key=lambda difference: difference.number)


@contextmanager
def workers(pair: Pair, reading: Reading, partitions: int) -> Iterator[Workers]:
    """A process for each core, but no more than there are partitions; they end with the block."""
    count = max(1, min(partitions, os.cpu_count() or 1))
    shares = [Share(pair, reading.read, number, partitions, count) for number in range(count)]
    gc.freeze()  # looking through both cities would copy what the processes have in common
    with ExitStack() as stack:
        stack.callback(gc.unfreeze)
        forks = [Fork(share) for share in shares]
        for fork in forks:
            stack.callback(fork.end)
        yield Workers(forks, partitions)
