"""The demo's units: what they answer goes out in the order of its times, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.config import Kafka
from streams.demo.answering import Answering
from streams.intake.simulator.units import Answer


class FakeSender:
    def __init__(self) -> None:
        self.sent: list[str] = []

    async def add(self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        self.sent.append(value.decode())

    async def flush(self) -> None:
        pass


class FakeCodec:
    def encode(self, name: str, record: dict[str, object]) -> bytes:
        return str(record["step"]).encode()


def answers(*steps: tuple[int, str]) -> list[Answer]:
    return [Answer(at, "order.updates", b"k", {"step": step}) for at, step in steps]


async def test_answers_go_out_when_due_and_those_of_one_millisecond_as_they_came() -> None:
    units: Any = None
    codec: Any = FakeCodec()
    sender: Any = FakeSender()
    answering = Answering(Kafka(), units, codec, rate=1.0)
    answering._plan("A/1", answers((5, "accepted"), (5, "in_hand"), (9, "handled")))
    answering._plan("B/1", answers((4, "returned"), (5, "handed_over")))
    answering._plan("A/1", answers((1, "told twice")))
    await answering._answer(sender, 5)
    assert sender.sent == ["returned", "accepted", "in_hand", "handed_over"]
    await answering._answer(sender, 9)
    assert sender.sent[4:] == ["handled"]
