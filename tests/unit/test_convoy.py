"""What waits goes together with the next send, in order, and hears what became of it."""

import asyncio
from collections.abc import Sequence

import pytest

from streams.flow.convoy import Convoy


class Road:
    """Notes what was sent together; opens by hand."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.open = asyncio.Event()
        self.at_once = 0

    async def send(self, items: Sequence[str]) -> None:
        self.at_once += 1
        assert self.at_once == 1
        self.sent.append([*items])
        await self.open.wait()
        self.at_once -= 1
        if "bad" in items:
            raise ValueError(items)


async def test_what_gathers_behind_a_send_goes_with_the_next_one_in_order() -> None:
    road = Road()
    convoy = Convoy(road.send, room=3)
    first = convoy.put("a", 1)
    await asyncio.sleep(0)
    rest = [convoy.put(name, 1) for name in "bcdef"]
    assert not first.done()
    road.open.set()
    await asyncio.gather(first, *rest)
    assert road.sent == [["a"], ["b", "c", "d"], ["e", "f"]]


async def test_an_item_larger_than_the_room_goes_alone() -> None:
    road = Road()
    road.open.set()
    convoy = Convoy(road.send, room=3)
    await asyncio.gather(*(convoy.put(name, size) for name, size in (("a", 1), ("large", 9), ("b", 1))))
    assert road.sent == [["a"], ["large"], ["b"]]


async def test_those_who_went_together_hear_of_a_failure_and_nobody_else_does() -> None:
    road = Road()
    road.open.set()
    convoy = Convoy(road.send, room=2)
    outcomes = await asyncio.gather(*(convoy.put(n, 1) for n in ("a", "bad", "b")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError, type(None)]
    await convoy.put("c", 1)
    assert road.sent[-1] == ["c"]


async def test_one_who_no_longer_waits_holds_nobody_up() -> None:
    road = Road()
    convoy = Convoy(road.send, room=1)

    async def wait(name: str) -> None:
        await convoy.put(name, 1)

    gone, stays = asyncio.create_task(wait("a")), asyncio.create_task(wait("b"))
    await asyncio.sleep(0.01)
    gone.cancel()
    road.open.set()
    async with asyncio.timeout(5):
        await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert road.sent == [["a"], ["b"]]
