"""What every request passes: the key, the rate, the room; and what every record passes: the rules, then Kafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from streams.door.confirming import Confirming
from streams.door.judge import Judge, Passed, field_of
from streams.door.keyring import Key, KeyRing
from streams.door.limits import Rates, Room
from streams.door.problems import Fault, Problem, refused
from streams.errors import RefusedError
from streams.telemetry.door_metrics import DoorMetrics

_AT_ONCE = 100  # records judged before others get their turn: about 3 ms
_BEARER = "Bearer "
Pass = Callable[[Any, int], Passed]


class Gate:
    """The parts of a door, and the ways through it that its handlers share."""

    def __init__(
        self, keys: KeyRing, judge: Judge, confirming: Confirming, room: Room, metrics: DoorMetrics, max_body: int
    ) -> None:
        self.judge, self.room, self.metrics, self.max_body = judge, room, metrics, max_body
        self._keys, self._confirming = keys, confirming
        self._rates = Rates(time.monotonic)

    @property
    def ready(self) -> bool:
        """Whether Kafka has been found."""
        return self._confirming.ready

    def client(self, request: web.Request) -> Key:
        """The client of a request, by `Authorization: Bearer KEY` or `X-API-Key`. Raises Problem 401."""
        told = request.headers.get("Authorization", "")
        secret = told.removeprefix(_BEARER) if told.startswith(_BEARER) else request.headers.get("X-API-Key", "")
        return self.client_with(secret)

    def client_with(self, secret: str) -> Key:
        """The client whose key this is. Raises Problem 401."""
        key = self._keys.find(secret.strip()) if secret else None
        if key is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "key", "unknown API key" if secret else "an API key is needed")
        return key

    def allow(self, key: Key, scope: str) -> None:
        """Raises Problem 403 unless the key has the scope."""
        if not key.may(scope):
            raise Problem(HTTPStatus.FORBIDDEN, "scope", f"this key has no scope {scope}")

    def spend(self, key: Key, records: int) -> None:
        """Raises Problem 429 when the client sends too fast."""
        self._rates.spend(key, records)

    async def judged(
        self, values: Sequence[Any], faults: list[Fault], kind: Callable[[Any], str], judge: Pass
    ) -> list[Passed]:
        """The records that `judge` makes of the values. Raises Problem 422 with all faults: it is all or nothing.

        `faults` are those found before, whose values are None; `kind` says by which rules a value is judged.
        """
        now = int(time.time() * 1000)
        passed: list[Passed] = []
        for index, value in enumerate(values):
            if value is None:
                continue
            if index % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            try:
                passed.append(judge(value, now))
            except RefusedError as error:
                field = field_of(error, kind(value), frozenset(value.__struct_fields__))
                faults.append(Fault(error.reason, error.detail, field, index if len(values) > 1 else None))
        if faults:
            faults.sort(key=lambda fault: fault.index or 0)
            self.refuse(faults, len(values))
        return passed

    def refuse(self, faults: Sequence[Fault], records: int) -> None:
        """Raises Problem 422."""
        for fault in faults:
            self.metrics.refused.labels(fault.reason).inc()
        raise refused(faults, records)

    async def send(self, passed: Sequence[Passed]) -> None:
        """Return when Kafka has them all. Raises Problem 503."""
        await self._confirming.send(passed)
        for topic in {one.topic for one in passed}:
            self.metrics.records.labels(topic).inc(sum(one.topic == topic for one in passed))
