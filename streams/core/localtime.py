"""The feeds' local time strings: yyyyMMddHHmmss, Asia/Shanghai, without a zone.

China has kept UTC+8 without summer time since 1992; earlier times, and those past 2099, are held to be mistakes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_OFFSET_MS = 8 * 3_600_000
_DAY_MS = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST_YEAR, _LAST_YEAR = 1992, 2099


def to_ms(text: str) -> int:
    """Milliseconds since 1970 UTC of a local time string. Raises ValueError, which says what is wrong with it."""
    if len(text) != 14 or not text.isascii() or not text.isdigit():
        raise ValueError("not of the form yyyyMMddHHmmss")
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"no such time of day: {text[8:10]}:{text[10:12]}:{text[12:]}")
    return _day_ms(text[:8]) + ((hour * 60 + minute) * 60 + second) * 1000


def from_ms(ms: int) -> str:
    """The local time string of a moment, cut to the second. Raises ValueError outside the years 1992 to 2099."""
    if not to_ms(f"{_FIRST_YEAR}0101000000") <= ms <= to_ms(f"{_LAST_YEAR}1231235959") + 999:
        raise ValueError(f"outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return f"{datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=_OFFSET_MS):%Y%m%d%H%M%S}"


@lru_cache(maxsize=4096)  # a day's arithmetic is done once, not once a record
def _day_ms(text: str) -> int:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"no believable year: {text[:4]}")
    try:
        ordinal = date(year, month, day).toordinal()
    except ValueError:
        raise ValueError(f"no such day: {text[:4]}-{text[4:6]}-{text[6:]}") from None
    return (ordinal - _EPOCH_DAY) * _DAY_MS - _OFFSET_MS
