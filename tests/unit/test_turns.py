"""What is told of a partition keeps the order in which it was decided."""

import asyncio

from streams.flow.turns import Turns


async def test_a_turn_comes_after_those_before_it_of_the_same_partitions_only() -> None:
    turns, told = Turns(), list[str]()

    async def tell(name: str, partitions: list[int], seconds: float) -> None:
        with turns.take(partitions) as turn:
            await asyncio.sleep(seconds)  # what is made durable first takes its time
            await turn.come()
            told.append(name)

    tasks = [
        asyncio.create_task(tell(*one))
        for one in (("first", [0, 1], 0.05), ("second", [1], 0.0), ("elsewhere", [2], 0.0), ("third", [0, 1], 0.01))
    ]
    await asyncio.gather(*tasks)
    assert told == ["elsewhere", "first", "second", "third"]


async def test_a_turn_that_fails_or_is_cancelled_holds_nobody_up() -> None:
    turns = Turns()

    async def fail() -> None:
        with turns.take([0]):
            await asyncio.sleep(0)
            raise ValueError

    async def hang() -> None:
        with turns.take([0]) as turn:
            await turn.come()
            await asyncio.sleep(60)

    failing, hanging = asyncio.create_task(fail()), asyncio.create_task(hang())
    await asyncio.sleep(0)
    with turns.take([0]) as turn:
        hanging.cancel()
        async with asyncio.timeout(5):
            await turn.come()
    assert isinstance((await asyncio.gather(failing, hanging, return_exceptions=True))[0], ValueError)
