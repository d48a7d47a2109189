"""From when, until when: a time as people say it."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from streams.errors import SanwangError

_AGO = re.compile(r"(\d{1,4})([mhd])")
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(said: str, now: int) -> int:
    """ms UTC of "30d", "12h", "90m" before `now` (ms UTC), or of a date or time of the city like 2026-03-01T08:00.

    Raises SanwangError for anything else.
    """
    if ago := _AGO.fullmatch(said):
        return now - int(ago[1]) * _UNIT_MS[ago[2]]
    try:
        told = datetime.fromisoformat(said)
    except ValueError:
        raise SanwangError(f"{said!r} is no time: say 30d, 12h, 90m ago, or 2026-03-01, or 2026-03-01T08:00") from None
    return int((told if told.tzinfo else told.replace(tzinfo=_SHANGHAI)).timestamp() * 1000)
