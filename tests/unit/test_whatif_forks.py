"""A fork answers about what its parent had loaded, says when it has ended, and leaves no process behind."""

from __future__ import annotations

import os

import psutil
import pytest

from streams.errors import SanwangError
from streams.whatif.forks import Fork


class Kept:
    def __init__(self) -> None:
        self.heard: list[int] = []

    def hear(self, number: int) -> tuple[int, list[int]]:
        self.heard.append(number)
        return os.getpid(), self.heard

    def fail(self) -> None:
        raise ValueError("nobody can answer that")

    def vanish(self) -> None:
        os._exit(9)


def children() -> int:
    return len(psutil.Process().children())


def test_questions_are_answered_in_turn_by_what_was_loaded() -> None:
    before, kept = children(), Kept()
    kept.hear(0)
    fork = Fork(kept)
    answers = [fork.ask("hear", number).result(5) for number in (1, 2)]
    fork.end()
    assert [heard for _, heard in answers] == [[0, 1], [0, 1, 2]]
    assert os.getpid() not in {pid for pid, _ in answers}
    assert (kept.heard, children()) == ([0], before)


def test_the_reason_of_a_failure_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    before, fork = children(), Fork(Kept())
    with pytest.raises(SanwangError, match="a process has ended by itself, with 1"):
        fork.ask("fail").result(5)
    fork.end()
    assert "ValueError: nobody can answer that" in capfd.readouterr().err
    assert children() == before


def test_one_that_was_killed_answers_nothing_more() -> None:
    fork = Fork(Kept())
    for question in (["vanish"], ["hear", 1]):
        with pytest.raises(SanwangError, match="with 9"):
            fork.ask(*question).result(5)
    fork.end()


def test_what_waits_is_dropped_at_the_end() -> None:
    fork = Fork(Kept())
    asked = [fork.ask("hear", number) for number in range(10_000)]
    fork.end()
    assert all(one.done() for one in asked)
    assert any(one.cancelled() for one in asked)
