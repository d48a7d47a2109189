"""Long work in short goes."""

import asyncio

import pytest

from streams.flow.unhurried import Goes

heard: list[str] = []


@pytest.fixture(autouse=True)
def nothing_heard_yet() -> None:
    heard.clear()


def hear(goes: list[int]) -> tuple[list[int], list[int]]:
    heard.append(str(goes))
    return [n for n in goes if n % 2], [n for n in goes if not n % 2]


async def urgent() -> None:
    for _ in range(3):
        heard.append("urgent")
        await asyncio.sleep(0)


async def test_others_have_their_turn_between_two_goes() -> None:
    taken, _ = await asyncio.gather(Goes().take([0, 1, 2, 3, 4], 2, hear), urgent())
    assert heard == ["[0, 1]", "urgent", "[2, 3]", "urgent", "[4]", "urgent"]
    assert taken == ([1, 3], [0, 2, 4])


async def test_works_that_take_turns_have_one_go_between_two_turns_of_others() -> None:
    goes = Goes()
    taken = await asyncio.gather(goes.take([1, 2], 1, hear), goes.take([3, 4], 1, hear), urgent())
    assert heard == ["[1]", "urgent", "[2]", "urgent", "[3]", "urgent", "[4]"]
    assert taken[:2] == [([1], [2]), ([3], [4])]


async def test_one_that_fails_does_not_hold_up_the_next() -> None:
    def fail(_: object) -> tuple[list[int], list[int]]:
        raise ValueError("a fault of ours")

    goes = Goes()
    failed, taken = await asyncio.gather(
        goes.take([1], 1, fail), goes.take([2], 1, hear), return_exceptions=True
    )
    assert isinstance(failed, ValueError)
    assert taken == ([], [2])


async def test_nothing_is_done_of_nothing() -> None:
    assert await Goes().take([], 3, hear) == ([], [])
    assert not heard
