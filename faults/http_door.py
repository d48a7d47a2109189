"""The HTTP door as a way in: a real server on loopback, asked by a real client, with something that takes behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import msgspec
from yarl import URL

from faults.came import PLANTED, Came
from faults.mutate import broken_bytes, odd_fields
from streams.city.city import City
from streams.flow.topics import ALL_CLEAR_FEED, FEED_TOPICS
from tests.support.door import Client, Taking, door

Request = tuple[str, bytes, str]  # path, body, content type
_KINDS = ("application/json",) * 8 + ("application/x-ndjson", "text/xml", "", "application/x-www-form-urlencoded")


class HttpDoor:
    """Reports, all-clears, order updates and Open311 requests, spoiled in their fields, their bytes or their path."""

    name = "http door"

    def __init__(self, city: City, goods: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        self._goods = goods
        self._items = list(city.catalogue.items)
        self._units = list(city.units)
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._taking = Taking()
        self._client: Client = self._runner.run(self._open(city))

    async def _open(self, city: City) -> Client:
        folder = self._stack.enter_context(TemporaryDirectory(prefix="sanwang-fuzz-"))
        return await self._stack.enter_async_context(door(city, Path(folder), self._taking))

    def close(self) -> None:
        """End the server."""
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def fuzz(self, rng: Random) -> Came:
        """Ask once; an answer that blames the server is a crash."""
        path, data, kind = rng.choice((self._report, self._report, self._all_clear, self._update, self._open311))(rng)
        status, told = self._runner.run(self._ask(path, data, kind))
        self._taking.taken.clear()  # the record goes to the feed, where it is fuzzed as well
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RuntimeError(f"{path} answered {status}: {told!r}")
        return Came("accepted" if status < HTTPStatus.BAD_REQUEST else f"http {status}", told)

    async def _ask(self, path: str, data: bytes, kind: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._client.key}", "Content-Type": kind}
        url = URL(path, encoded=True)
        async with self._client.http.post(url, data=data, headers=headers) as answer:
            return answer.status, await answer.read()

    def _report(self, rng: Random) -> Request:
        topic = rng.choice([topic for topic, feed in FEED_TOPICS.items() if feed != ALL_CLEAR_FEED])
        return self._json("/v1/reports", {"feed": FEED_TOPICS[topic], **rng.choice(self._goods[topic])}, rng)

    def _all_clear(self, rng: Random) -> Request:
        [topic] = [topic for topic, feed in FEED_TOPICS.items() if feed == ALL_CLEAR_FEED]
        return self._json("/v1/all-clears", rng.choice(self._goods[topic]), rng)

    def _update(self, rng: Random) -> Request:
        unit = rng.choice(self._units)
        good = {"number": "U1", "step": "accepted", "step_time": "20261122080000", "by": unit, "note": f"电话{PLANTED}"}
        order = rng.choice((f"hotline:W1/{unit}/1", "hotline%3AW1", "%00", "..%2F..%2Fetc", "/" * 9, "%F0%9F%9A%92"))
        return self._json(f"/v1/orders/{order}/updates", good, rng)

    def _open311(self, rng: Random) -> Request:
        good = {"service_code": rng.choice(self._items), "lat": "30.5", "long": "114.3", "phone": PLANTED,
                "description": f"路灯不亮 电话{PLANTED}。"}  # fmt: skip
        form = urlencode({key: str(value) for key, value in odd_fields(good, rng).items()}, errors="replace").encode()
        suffix = rng.choice(("json", "xml", "yaml"))
        return f"/open311/v2/requests.{suffix}", _maybe_broken(form, rng), "application/x-www-form-urlencoded"

    def _json(self, path: str, good: Mapping[str, object], rng: Random) -> Request:
        told = [odd_fields(good, rng) if rng.random() < 0.7 else dict(good) for _ in range(rng.choice((1, 1, 1, 5)))]
        value = told if len(told) > 1 else told[0]
        data = json.dumps(value, default=str).encode() if rng.random() < 0.5 else msgspec.json.encode(value)
        return path, _maybe_broken(data, rng), rng.choice(_KINDS)


def _maybe_broken(data: bytes, rng: Random) -> bytes:
    return broken_bytes(data, rng) if rng.random() < 0.5 else data
