"""Malformed inputs out of good ones, from a seed: broken bytes, and records whose fields hold what nobody expects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

Record = Mapping[str, object]
LONGEST = 30_000

STRINGS = (
    "", " ", "\x00", "\ufeff", "null", "None", "0", "-1", "1e309", "𠮷" * 50, "é" * 300, "\u202e130", "\ud7ff", "{}",
    "[]", "'; DROP TABLE events; --", "${jndi:ldap://x}", "../../etc/passwd", "<script>", "%s%n", "\r\n\r\n",
    "99999999999999", "20261399999999", "00000000000000", "2026-11-22T02:00:00Z", "昨天", "999999999999",
    "990101001001001001",
)  # fmt: skip
NUMBERS = (0.0, -0.0, 1e308, -1e308, math.inf, -math.inf, math.nan, 181.0, -91.0, 5e-324)


def broken_bytes(value: bytes, rng: Random) -> bytes:
    """A good record's bytes, broken in one to four places."""
    broken = bytearray(value)
    for _ in range(rng.randint(1, 4)):
        rng.choice(_BREAKS)(broken, rng)
    return bytes(broken)


def _flip(data: bytearray, rng: Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: Random) -> None:
    start = rng.randrange(len(data) + 1)
    data[start : start + rng.randrange(16)] = rng.randbytes(rng.randrange(16))


def _cut(data: bytearray, rng: Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _repeat(data: bytearray, rng: Random) -> None:
    start = rng.randrange(len(data) + 1)
    data[start:start] = data[start : start + rng.randrange(40)] * rng.randrange(4)


def _length(data: bytearray, rng: Random) -> None:
    """A length that promises more than there is, as Avro writes it."""
    start = rng.randrange(len(data) + 1)
    data[start : start + 1] = b"\xff" * rng.randrange(1, 9) + b"\x7f"


def _noise(data: bytearray, rng: Random) -> None:
    data[:] = rng.randbytes(rng.randrange(200))


_BREAKS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _flip, _flip, _overwrite, _cut, _repeat, _length, _noise,
)  # fmt: skip


def odd_fields(record: Record, rng: Random) -> dict[str, object]:
    """A good record with one to three fields that hold something else of their type."""
    odd = dict(record)
    for name in rng.sample(sorted(odd), min(len(odd), rng.randint(1, 3))):
        odd[name] = _odd(odd[name], rng)
    return odd


def _odd(value: object, rng: Random) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return rng.choice(NUMBERS)
    if isinstance(value, list):
        return [_text(rng) for _ in range(rng.randrange(40))]
    return _spoiled(value, rng) if isinstance(value, str) and rng.random() < 0.5 else _text(rng)


def _text(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.7:
        return rng.choice(STRINGS)
    if draw < 0.72:
        return "长" * rng.randrange(LONGEST)
    return "".join(chr(rng.choice((rng.randrange(0x20, 0x7F), rng.randrange(0x4E00, 0x9FA5), rng.randrange(0xD800))))
                   for _ in range(rng.randrange(30)))  # fmt: skip


def _spoiled(text: str, rng: Random) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(STRINGS) + text[place + rng.randrange(4) :]
