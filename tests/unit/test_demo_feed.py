"""Feeding: each record when it is due, confirmed before anybody waits, and an end that leaves nothing unconfirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from streams.demo import feed as feeding
from streams.demo.feed import feed
from streams.intake.pace import Pace
from streams.intake.simulator import Fed


class FakeSender:
    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.confirmed: list[str] = []

    async def add(self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        self.waiting.append(value.decode())

    async def flush(self) -> None:
        self.confirmed += self.waiting
        self.waiting = []


class FakeCodec:
    def encode(self, name: str, record: object) -> bytes:
        return str(record["n"]).encode()


def fed(n: int, due_ms: int) -> Fed:
    return Fed(due_ms, "hotline.calls", b"k", {"n": n}, "HotlineCall", n, "", again=False)


async def test_what_is_due_is_confirmed_before_the_wait_and_the_rest_comes_after(monkeypatch) -> None:
    sender, now, waits = FakeSender(), [100.0], []

    async def pause(stop: asyncio.Event, seconds: float) -> None:
        waits.append((round(seconds, 3), list(sender.confirmed)))
        now[0] += seconds

    monkeypatch.setattr(feeding, "_pause", pause)
    records = [fed(1, 5000), fed(2, 5000), fed(3, 6000), fed(4, 6000)]
    await feed(records, sender, FakeCodec(), Pace(1.0, lambda: now[0]), asyncio.Event())
    assert waits == [(1.0, ["1", "2"])]
    assert sender.confirmed == ["1", "2", "3", "4"]


async def test_a_stop_ends_a_wait_and_what_was_taken_is_confirmed() -> None:
    sender, stop = FakeSender(), asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    async with asyncio.timeout(5):
        await feed([fed(1, 0), fed(2, 3_600_000)], sender, FakeCodec(), Pace(1.0), stop)
    assert sender.confirmed == ["1"]
