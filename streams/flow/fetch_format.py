"""Kafka's Fetch, version 11, in bytes: some hundred of them a second, each of up to fifty partitions.

aiokafka writes and reads a field at a time, 20 µs for each partition and way. Here a partition takes one, and one of
which there is nothing to say is left out of what is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from struct import Struct
from typing import Any

from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v11, FetchResponse_v11

_VERSION = 11
_HEAD = Struct(">iiiibiii")  # replica, wait, least and most bytes, isolation, session (0: none) and epoch, topics
_NAMED = Struct(">iiqqi")  # partition, its leader's epoch (-1: unknown), offset, log start (-1: no replica), most bytes
_FOOT = b"\0\0\0\0"  # no forgotten topics; a rack follows
_TOLD_HEAD = Struct(">ihii")  # throttled ms, error, session, topics
_TOLD = Struct(">ihqqqi")  # partition, error, end, last stable offset, log start, aborted transactions (-1: null)
_ABORTED = Struct(">qq")  # producer, first offset
_TAIL = Struct(">ii")  # preferred replica, bytes of records (-1: null)
_COUNT = Struct(">i")
_SHORT = Struct(">h")

Told = tuple[int, int, int, int, int, list[tuple[int, int]], int, bytes]  # as aiokafka has a partition of version 11


class QuickFetch(FetchRequest):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's request, and where the broker has version 11, ours in its place."""

    def __init__(self, like: Any, *, tell_all: bool) -> None:  # noqa: ANN401 - aiokafka's request
        """`like` has what is asked for; with `tell_all`, partitions of which there is nothing to say are told too."""
        super().__init__(
            like._max_wait_ms, like._min_bytes, like._max_bytes, like._isolation_level, like._topics, like._rack_id
        )
        self.tell_all = tell_all

    def build(self, request_struct_class: Any) -> Any:  # noqa: ANN401 - a class of aiokafka's, and its instance
        """See `FetchRequest`."""
        if request_struct_class.API_VERSION != _VERSION:
            return super().build(request_struct_class)
        return _Asked(self)


class _Asked(FetchRequest_v11):  # type: ignore[misc]  # likewise
    """The request in bytes; it reads its own answer, for it knows which offsets it asked for."""

    def __init__(self, request: QuickFetch) -> None:
        self._request = request

    @property
    def RESPONSE_TYPE(self) -> Any:  # noqa: ANN401, N802 - aiokafka has its `decode` called
        """Who reads the answer."""
        return self

    def __repr__(self) -> str:
        return f"Fetch({self._request._topics})"

    def encode(self) -> bytes:
        """See `FetchRequest_v11`."""
        one = self._request
        parts = [_HEAD.pack(-1, one._max_wait_ms, one._min_bytes, one._max_bytes, one._isolation_level, 0, -1,
                            len(one._topics))]  # fmt: skip
        for topic, partitions in one._topics:
            parts += (_text(topic), _COUNT.pack(len(partitions)))
            parts += [_NAMED.pack(partition, -1, offset, -1, most) for partition, offset, most in partitions]
        parts += (_FOOT, _text(one._rack_id))
        return b"".join(parts)

    def decode(self, answer: BytesIO) -> FetchResponse_v11:
        """The answer, from where its header ends."""
        data = answer.read()
        *head, topics = _TOLD_HEAD.unpack_from(data)
        return FetchResponse_v11(*head, list(self._topics(data, _TOLD_HEAD.size, topics)))

    def _topics(self, answer: bytes, at: int, topics: int) -> Iterator[tuple[str, list[Told]]]:
        offsets = {topic: {partition: offset for partition, offset, _ in named}
                   for topic, named in self._request._topics}  # fmt: skip
        for _ in range(topics):
            length = _SHORT.unpack_from(answer, at)[0]
            topic = answer[at + 2 : at + 2 + length].decode()
            at += 2 + length
            partitions = _COUNT.unpack_from(answer, at)[0]
            at += 4
            told = []
            for _ in range(partitions):
                one, at = _partition(answer, at)
                partition, error, end, *_, records = one
                if records or error or self._request.tell_all or end != offsets[topic].get(partition):
                    told.append(one)
            yield topic, told


def _partition(answer: bytes, at: int) -> tuple[Told, int]:
    """What is said of a partition, and where that ends."""
    partition, error, end, stable, start, transactions = _TOLD.unpack_from(answer, at)
    at += _TOLD.size
    aborted = []
    for _ in range(transactions):
        aborted.append(_ABORTED.unpack_from(answer, at))
        at += _ABORTED.size
    replica, length = _TAIL.unpack_from(answer, at)
    at += _TAIL.size
    ends = at + max(0, length)
    return (partition, error, end, stable, start, aborted, replica, answer[at:ends]), ends


def _text(text: str) -> bytes:
    data = text.encode()
    return _SHORT.pack(len(data)) + data
