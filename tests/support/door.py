"""A door for tests: on a loopback port, in the test's own loop, with or without a Kafka behind it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from streams.city.city import City
from streams.config import Door, Kafka, Settings
from streams.core.localtime import from_ms
from streams.door.confirming import Confirming
from streams.door.judge import Passed
from streams.door.key_file import new_key
from streams.door.server import confirming_of, door_app
from streams.telemetry.door_metrics import DoorMetrics

EVERYTHING = ("reports:hotline", "reports:police", "reports:grid", "all-clears", "orders:*", "open311")
VILLAGE, GRID, UNIT = "990201001001", "990201001001001", "CMD-01"  # of the example city


class Taking:
    """Stands for Kafka: takes everything, or raises `problem`."""

    ready = True

    def __init__(self) -> None:
        self.taken: list[Passed] = []
        self.problem: Exception | None = None

    async def send(self, records: Iterable[Passed]) -> None:
        if self.problem:
            raise self.problem
        self.taken += records


class Client:
    """A client of a door, with a key of its own."""

    def __init__(self, http: TestClient[Any, Any], key: str, keys: Path, metrics: DoorMetrics) -> None:
        self.http, self.key, self.keys, self.metrics = http, key, keys, metrics

    async def post(
        self, path: str, body: Any = None, *, data: Any = None, kind: str = "application/json", **headers: str
    ) -> tuple[int, Any, Any]:
        """Status, JSON (or text) and headers of a POST."""
        told = {"Authorization": f"Bearer {self.key}", "Content-Type": kind} | headers
        sent = {"data": data} if body is None else {"json": body}
        if body is not None:
            told.pop("Content-Type")
        async with self.http.post(path, headers=told, **sent) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text()), answer.headers

    async def get(self, path: str, **query: str) -> tuple[int, Any, Any]:
        """Likewise of a GET."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.http.get(path, params=query, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text()), answer.headers


@asynccontextmanager
async def door(
    city: City, folder: Path, behind: Taking | Kafka, scopes: Iterable[str] = EVERYTHING, rate: float = 1e6, **more: Any
) -> AsyncIterator[Client]:
    """A door of `city` in front of something that takes, or of a broker; `more` are its settings."""
    keys = folder / "door.keys"
    key = new_key(keys, "tester", tuple(scopes), rate)
    kafka = behind if isinstance(behind, Kafka) else Kafka()
    settings = Settings(kafka=kafka, door=Door(keys_file=str(keys), **more))
    metrics = DoorMetrics()
    confirming: Any = confirming_of(settings, metrics) if isinstance(behind, Kafka) else behind
    if isinstance(confirming, Confirming):
        confirming.start()
    try:
        async with TestClient(TestServer(door_app(settings, city, confirming, metrics))) as http:
            yield Client(http, key, keys, metrics)
    finally:
        if isinstance(confirming, Confirming):
            await confirming.stop()


def local_now(ahead_s: int = 0) -> str:
    """This second, or another one, as the feeds write it."""
    return from_ms(int(time.time() * 1000) + ahead_s * 1000)


def call(number: str = "W1", **changes: Any) -> dict[str, Any]:
    """A call to the hotline as a client sends it."""
    return {"feed": "hotline", "number": number, "call_time": local_now(), "detail": "路灯不亮",
            "area_code": VILLAGE} | changes  # fmt: skip


def alert(number: str = "J1", **changes: Any) -> dict[str, Any]:
    """A 110 alert as a client sends it."""
    return {"feed": "police", "number": number, "alarm_time": local_now(), "text": "有人打架",
            "jurisdiction_code": VILLAGE} | changes  # fmt: skip


def update(number: str = "U1", **changes: Any) -> dict[str, Any]:
    """A step of an order as a client sends it."""
    return {"number": number, "step": "accepted", "step_time": local_now(), "by": UNIT} | changes
