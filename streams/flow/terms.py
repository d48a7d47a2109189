"""Terms: whose records of a state topic count.

Every owner of a partition begins by claiming a term in it, a number above all that were claimed there before, and
stamps what it writes with it. A record that comes after the claim of a later term was sent by an owner who had lost the
partition: what it says was never told to anybody, and it does not count, whoever reads the topic and whenever.
"""

from __future__ import annotations

from collections.abc import Iterable

from streams.flow.batches import Outgoing

_CLAIM = b"\x00"  # first byte of a claim's key; each has a key of its own, so compaction leaves them where they are
_STAMP = 4  # bytes before a record's value


def claim_of(term: int) -> Outgoing:
    """The record that claims a term."""
    return _CLAIM + _stamp(term), b""


def stamped(term: int, records: Iterable[Outgoing]) -> list[Outgoing]:
    """Records as they are written in a term."""
    stamp = _stamp(term)
    return [(key, None if value is None else stamp + value) for key, value in records]


def unstamped(value: bytes | None) -> bytes | None:
    """A record's value as it was before it was stamped."""
    return None if value is None else value[_STAMP:]


def _stamp(term: int) -> bytes:
    return term.to_bytes(_STAMP, "big")


class Terms:
    """What is known of a partition's terms, while it is read from its beginning."""

    def __init__(self) -> None:
        self.latest = 0
        #: Keys whose latest record does not count, and hides one that does from the next compaction.
        self.hidden: set[bytes] = set()

    def count(self, key: bytes | None, value: bytes | None) -> bool:
        """Whether the next record counts. A deletion always does: what is deleted is long over for every owner."""
        if not key or key.startswith(_CLAIM):
            self.latest = max(self.latest, int.from_bytes(key[1:], "big") if key else 0)
            return False
        if value is not None and int.from_bytes(value[:_STAMP], "big") < self.latest:
            self.hidden.add(key)
            return False
        if self.hidden:
            self.hidden.discard(key)
        return True
