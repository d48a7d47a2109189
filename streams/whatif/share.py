"""What one process does of a what-if: it hears the reports that are likely its own, and decides for some partitions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

import msgspec

from streams.flow.topics import partition_of
from streams.whatif.asked import Asked
from streams.whatif.compare import Comparison, Difference, Sums
from streams.whatif.pair import Line, Pair, Said

Piece = Sequence[tuple[int, bytes]]  # reports of one batch, not read yet, with their places in it
_encoder = msgspec.msgpack.Encoder()
_lines = msgspec.msgpack.Decoder(list[Line])
#: What `Share.decide` returns: differences, and what only one side has said here.
unpacked = msgspec.msgpack.Decoder(tuple[list[Difference], list[Said]]).decode
_by_number = attrgetter("number")


def share_of(area: str, partitions: int, shares: int) -> int:
    """Which share decides on the events of an area."""
    return partition_of(area, partitions) % shares


class Share:
    """Share `number` of several; the lines that it has heard for others go to them, and theirs for it come here."""

    def __init__(
        self, pair: Pair, read: Callable[[bytes], Asked], number: int, partitions: int, shares: int
    ) -> None:
        self._pair = pair
        self._read = read
        self._number = number
        self._partitions = partitions
        self._shares = shares
        self._heard: deque[tuple[list[Line], list[Said]]] = deque()  # batches that wait to be decided on
        self._comparison = Comparison()

    def hear(self, piece: Piece) -> list[bytes]:
        """Hear a piece of the next batch; returns packed lines for each share, none for itself."""
        asked = [self._read(told) for _, told in piece]
        lines, refused = self._pair.hear([place for place, _ in piece], asked)
        parted: list[list[Line]] = [[] for _ in range(self._shares)]
        for line in lines:
            parted[share_of(line.event.area, self._partitions, self._shares)].append(line)
        self._heard.append((parted[self._number], refused))
        parted[self._number] = []
        return [_encoder.encode(part) for part in parted]

    def decide(self, strays: Iterable[bytes]) -> bytes:
        """Decide on the oldest batch that has been heard, with what others have heard of it for this share.

        Returns, packed, its differences and what only one side has said here: the other's event is another share's.
        """
        lines, refused = self._heard.popleft()
        come = [line for part in strays for line in _lines.decode(part)]
        if come:
            lines = sorted([*lines, *come], key=_by_number)
        found = self._comparison.add([*refused, *self._pair.decide(lines)])
        return _encoder.encode((found, self._comparison.take_halves()))

    def sums(self) -> Sums:
        """What has been found here so far, without what only one side has said here."""
        return self._comparison.sums
