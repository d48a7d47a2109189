"""The two sides, each in a process of its own: deciding is all the work, and two cores do it in half the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import msgspec

from streams.whatif.asked import Asked
from streams.whatif.side import Side, Told
from streams.whatif.tried import Tried

_asked = msgspec.msgpack.Decoder(list[Asked])
_told = msgspec.msgpack.Decoder(list[Told])
_encoder = msgspec.msgpack.Encoder()
_side: list[Side] = []  # of this process, once it has one


class Apart:
    """A side in a process of its own."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def take(self, asked: bytes) -> Future[bytes]:
        """Have it decide on encoded reports; batches are taken in order."""
        return self._pool.submit(_take, asked)


@contextmanager
def side_apart(tried: Tried, partitions: int) -> Iterator[Apart]:
    """A process for a city, which must be one that can be loaded; it ends with the block."""
    pool = ProcessPoolExecutor(1, get_context("spawn"), _open, (tried, partitions))
    try:
        yield Apart(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def encode(asked: list[Asked]) -> bytes:
    """A batch for `Apart.take`."""
    return _encoder.encode(asked)


def decode(told: bytes) -> list[Told]:
    """The answer of `Apart.take`."""
    return _told.decode(told)


def _open(tried: Tried, partitions: int) -> None:
    _side.append(Side(tried.load(), partitions))
    gc.freeze()  # the city is for ever: leave it out of every later collection,
    gc.disable()  # of which there is none: deciding makes no cycles, and looking for them takes two fifths of the time


def _take(asked: bytes) -> bytes:
    return _encoder.encode(_side[0].take(_asked.decode(asked)))
