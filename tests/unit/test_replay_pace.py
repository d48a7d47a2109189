"""Pace: records are due as their own times say, faster or slower, or at once."""

from __future__ import annotations

import pytest

from streams.errors import SanwangError
from streams.intake.pace import Pace, speed_of


@pytest.mark.parametrize(("text", "speed"), [("10x", 10.0), ("0.5x", 0.5), ("3", 3.0), ("max", None)])
def test_speeds(text: str, speed: float | None) -> None:
    assert speed_of(text) == speed


@pytest.mark.parametrize("text", ["", "x", "fast", "0x", "-1x", "nan", "infx"])
def test_no_speed(text: str) -> None:
    with pytest.raises(SanwangError, match="neither max nor"):
        speed_of(text)


def test_ten_times_faster_waits_a_tenth() -> None:
    now = [50.0]
    pace = Pace(10.0, lambda: now[0])
    assert pace.wait_s(1_000_000) == 0
    assert pace.wait_s(1_020_000) == pytest.approx(2.0)
    now[0] += 1.5
    assert pace.wait_s(1_020_000) == pytest.approx(0.5)
    now[0] += 5
    assert pace.wait_s(1_020_000) == 0


def test_a_time_before_the_first_is_due_at_once() -> None:
    pace = Pace(1.0, lambda: 0.0)
    assert pace.wait_s(1_000_000) == 0
    assert pace.wait_s(0) == 0


def test_max_never_waits() -> None:
    pace = Pace(None)
    assert pace.wait_s(0) == 0
    assert pace.wait_s(10**15) == 0
