"""How much is taken: records a second of one client, and bytes of all requests that are not answered yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from streams.door.keyring import Key
from streams.door.problems import Problem, busy

BURST_S = 10.0  # so many seconds' worth of records may come at once
_ROOM_AGAIN_S = 1.0


class Rates:
    """Token buckets by client. A request that finds tokens passes, whatever its size, and may leave a debt."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` counts monotonic seconds."""
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # client -> tokens, when

    def spend(self, key: Key, records: int) -> None:
        """Count `records` of a client. Raises Problem 429 with the time until there are tokens again."""
        now = self._clock()
        full = key.rate * BURST_S
        tokens, at = self._buckets.get(key.name, (full, now))
        tokens = min(full, tokens + (now - at) * key.rate)
        if tokens <= 0:
            self._buckets[key.name] = (tokens, now)
            message = f"more than {key.rate:g} records a second"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "rate", message, retry_after_s=1 / key.rate - tokens / key.rate)
        self._buckets[key.name] = (tokens - records, now)


class Room:
    """Bytes that requests under way may hold together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Hold `size` bytes. Raises Problem 503 when there is no room; one request always has."""
        if self.taken and self.taken + size > self.most:
            raise busy("too much is waiting for Kafka", _ROOM_AGAIN_S)
        self.taken += size
        try:
            yield
        finally:
            self.taken -= size
