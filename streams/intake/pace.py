"""When a record with a time of its own is due, at a given speed."""

from __future__ import annotations

import time
from collections.abc import Callable

from streams.errors import SanwangError

MAX = "max"


class Pace:
    """Tells how long to wait for a record. The first record is due at once, and sets the beginning."""

    def __init__(self, speed: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`speed` is how many seconds of the records pass in one of ours, None for no waiting; `clock` in seconds."""
        self._speed = speed
        self._clock = clock
        self._began: tuple[int, float] | None = None  # time of the first record (ms), and ours then (s)

    def wait_s(self, at_ms: int) -> float:
        """Seconds until a record of the time `at_ms` is due; 0 for one that is due or late, or out of order."""
        if self._speed is None:
            return 0.0
        if self._began is None:
            self._began = (at_ms, self._clock())
        first_ms, began = self._began
        return max(0.0, began + (at_ms - first_ms) / 1000 / self._speed - self._clock())


def speed_of(text: str) -> float | None:
    """`10x` is 10.0, `max` None; raises SanwangError for anything else."""
    if text == MAX:
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise SanwangError(f"speed {text!r} is neither max nor a number of times like 10x or 0.5x")
    return speed
