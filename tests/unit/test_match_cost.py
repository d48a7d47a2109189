"""A hot spot stays linear: ten times the reports are ten times the comparisons, counted, not timed."""

from collections.abc import Callable

import pytest

from streams.core import triage
from streams.core.event import Event
from streams.core.open_incidents import CANDIDATES, LIKELIEST
from streams.core.triage import Desk
from tests.support.town import CATALOGUE, NOON, OUTAGE, RUBBISH, OneDesk, event

WIDE = {"area": "990101000000", "lon": None, "lat": None}
#: Characters that stand for names: no two of the texts below have four neighbouring ones in common.
NAMES = [chr(0x4E00 + n) for n in range(3_000)]


def one_matter(n: int) -> Event:
    return event(str(n), OUTAGE, at=NOON + n, text="整个片区突然停电了，什么时候能来电")


def one_matter_by_words(n: int) -> Event:
    return event(str(n), OUTAGE, at=NOON + n, text="天使印象和云顶梅溪湖一带突然停电了，什么时候能来电", **WIDE)


def all_different_in_one_spot(n: int) -> Event:
    name = "".join(NAMES[(n * 7 + k * k * 131) % len(NAMES)] for k in range(12))
    return event(str(n), RUBBISH, at=NOON + n, text=name)


def all_different_by_words(n: int) -> Event:
    name = "".join(NAMES[(n * 7 + k * k * 131) % len(NAMES)] for k in range(12))
    return event(str(n), OUTAGE, at=NOON + n, text=f"整个片区突然停电了{name}", **WIDE)


def comparisons(monkeypatch: pytest.MonkeyPatch, told: Callable[[int], Event], reports: int) -> tuple[int, int]:
    """Comparisons that a desk makes, and the incidents that it opens."""
    made = 0
    compare = triage.compare

    def counting(*args: object) -> object:
        nonlocal made
        made += 1
        return compare(*args)

    desk = Desk(CATALOGUE, OneDesk())
    with monkeypatch.context() as patched:
        patched.setattr(triage, "compare", counting)
        for n in range(reports):
            desk.decide(told(n), NOON)
    return made, len(desk.open)


@pytest.mark.parametrize("told", [one_matter, one_matter_by_words])
def test_reports_of_one_matter_are_compared_once_each(monkeypatch: pytest.MonkeyPatch, told) -> None:
    assert comparisons(monkeypatch, told, 1_000) == (999, 1)
    assert comparisons(monkeypatch, told, 10_000) == (9_999, 1)


@pytest.mark.parametrize(
    ("told", "most"),
    [
        pytest.param(all_different_in_one_spot, 2 * CANDIDATES, id="in one spot"),
        pytest.param(all_different_by_words, LIKELIEST, id="by words"),
    ],
)
def test_matters_that_pile_up_are_not_all_compared(monkeypatch: pytest.MonkeyPatch, told, most: int) -> None:
    small, _ = comparisons(monkeypatch, told, 1_000)
    large, incidents = comparisons(monkeypatch, told, 4_000)
    assert incidents > 1_000
    assert small <= 1_000 * most
    assert large <= 4.4 * small
