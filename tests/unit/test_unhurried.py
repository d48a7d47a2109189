"""Long work in short goes."""

import asyncio

from streams.flow.unhurried import unhurried


async def test_others_have_their_turn_between_two_goes() -> None:
    heard: list[str] = []

    def hear(goes: list[int]) -> None:
        heard.append(str(goes))

    async def work() -> None:
        async for some in unhurried(range(5), 2):
            hear([*some])

    async def urgent() -> None:
        heard.append("urgent")

    await asyncio.gather(work(), urgent())
    assert heard == ["[0, 1]", "urgent", "[2, 3]", "[4]"]


async def test_nothing_is_done_of_nothing() -> None:
    assert [some async for some in unhurried([], 3)] == []
