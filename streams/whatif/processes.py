"""The work of both sides on all cores: reports are heard by whoever is free, and decided on partition by partition."""

from __future__ import annotations

import atexit
import gc
import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from multiprocessing import get_context

import msgspec

from streams.city.city import City
from streams.whatif.asked import Asked
from streams.whatif.pair import Line, Pair, told_of
from streams.whatif.side import Told

BATCH = 2_000  # reports
_AHEAD = 4  # batches in hand between one step and the next, so that nobody waits
_asked = msgspec.msgpack.Decoder(list[Asked])
_lines = msgspec.msgpack.Decoder(list[Line])
_encoder = msgspec.msgpack.Encoder()
_pair: list[Pair] = []  # of this process, once it has one

Decided = tuple[list[Asked], list[Told], list[Told]]  # a batch, as it is, as it would be
_Hearing = tuple[list[Asked], "Future[list[bytes]]"]
_Deciding = tuple[list[Asked], "list[Future[bytes]]"]


class Workers:
    """Processes with a pair of sides each, of which everyone decides for some partitions."""

    def __init__(self, pools: Sequence[ProcessPoolExecutor]) -> None:
        self._pools = pools

    def decided(self, asked: Iterable[Asked]) -> Iterator[Decided]:
        """Reports with what both sides say of them, batch by batch, in their order."""
        hearing: deque[_Hearing] = deque()
        deciding: deque[_Deciding] = deque()
        reports, turn = iter(asked), 0
        while True:
            if batch := list(islice(reports, BATCH)):
                pool = self._pools[turn % len(self._pools)]
                hearing.append((batch, pool.submit(_hear, _encoder.encode(batch), len(self._pools))))
                turn += 1
            while hearing and (not batch or len(hearing) > _AHEAD):
                heard, shares = hearing.popleft()
                shared = zip(self._pools, shares.result(), strict=True)
                answers = [pool.submit(_decide, share) for pool, share in shared]
                deciding.append((heard, answers))
            while deciding and (not batch or len(deciding) > _AHEAD):
                done, answers = deciding.popleft()
                said = [line for answer in answers for line in _lines.decode(answer.result())]
                yield done, *told_of(len(done), said)
            if not batch:
                return


@contextmanager
def workers(before: City, after: City, partitions: int) -> Iterator[Workers]:
    """A process for each core, but no more than there are partitions; they end with the block."""
    count = max(1, min(partitions, os.cpu_count() or 1))
    cities = pickle.dumps((before, after))  # read again in a tenth of the time that their folders take
    with ExitStack() as stack:
        pools = [ProcessPoolExecutor(1, get_context("spawn"), _open, (cities, partitions)) for _ in range(count)]
        for pool in pools:
            stack.callback(pool.shutdown, cancel_futures=True)
            pool.submit(_hear, _encoder.encode([]), count)  # a process begins with its first work
        yield Workers(pools)


def _open(cities: bytes, partitions: int) -> None:
    gc.disable()  # deciding makes no cycles, and looking for them takes two fifths of the time
    before, after = pickle.loads(cities)  # noqa: S301 - our parent's
    _pair.append(Pair(before, after, partitions))
    atexit.register(os._exit, 0)  # there is nothing to save, and to take two cities apart takes two seconds


def _hear(asked: bytes, count: int) -> list[bytes]:
    heard = _pair[0].hear(_asked.decode(asked))
    return [_encoder.encode(share) for share in _pair[0].share_of(heard, count)]


def _decide(lines: bytes) -> bytes:
    return _encoder.encode(_pair[0].decide(_lines.decode(lines)))
