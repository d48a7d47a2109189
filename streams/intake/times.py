"""Times of foreign files, as a map describes them, into the feeds' local time strings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from streams.core.localtime import from_ms, to_ms
from streams.errors import RefusedError

TimeReader = Callable[[str], str]
_EPOCHS = {"epoch_s": 1000, "epoch_ms": 1}
LOCAL = "local"  # already yyyyMMddHHmmss, Asia/Shanghai


def time_reader(formats: tuple[str, ...], zone: ZoneInfo) -> TimeReader:
    """Reader of one column's times. A format is "local", "epoch_s", "epoch_ms" or strptime's; the first that fits is
    taken. The reader raises RefusedError("bad_time").
    """
    readers = [_reader(format_, zone) for format_ in formats]

    def read(text: str) -> str:
        for reader in readers:
            try:
                return reader(text)
            except (ValueError, OverflowError):
                continue
        raise RefusedError("bad_time", f"the time fits none of the formats {', '.join(formats)}")

    return read


def _reader(format_: str, zone: ZoneInfo) -> TimeReader:
    if format_ == LOCAL:
        return _checked
    if format_ in _EPOCHS:
        factor = _EPOCHS[format_]
        return lambda text: from_ms(int(float(text) * factor) if "." in text else int(text) * factor)
    return lambda text: from_ms(_zoned(datetime.strptime(text, format_), zone))  # noqa: DTZ007 - the zone follows


def _checked(text: str) -> str:
    to_ms(text)
    return text


def _zoned(moment: datetime, zone: ZoneInfo) -> int:
    """ms UTC; an offset that the text itself carries wins over the map's zone."""
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)
