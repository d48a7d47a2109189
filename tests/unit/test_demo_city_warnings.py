"""Surges in months of the demo city, from a seed: a calm month is calm, a planted surge is seen in the stated time.

docs/warnings.md states what larger cities and more seeds gave.
"""

from collections import Counter

import pytest

from streams.city.city import City
from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.lookout import Duty, Lookout
from streams.core.warnings import Colour, ColourWarning
from tests.support.demo_months import Incident, incidents, planted

MONDAY = 1_730_649_600_000  # 2024-11-04 00:00 in Shanghai
A_DAY, WEEKS = 1_000, 6
DUTY = Duty(MINUTE, 0, 1, {}, {}, DAY, "", (), ())
Pair = tuple[str, str]  # digits of a township, class


@pytest.fixture(scope="module")
def weeks(demo_city: City) -> list[Incident]:
    return list(incidents(demo_city, 1, MONDAY - WEEKS * 7 * DAY, WEEKS * 7, A_DAY))


@pytest.fixture(scope="module")
def month(demo_city: City) -> list[Incident]:
    return list(incidents(demo_city, 1, MONDAY, 28, A_DAY))


def watch(weeks: list[Incident], after: list[Incident]) -> list[ColourWarning]:
    lookout = Lookout(DUTY, MONDAY)
    for area, item, at in weeks:
        lookout.remember(area, item, at, past=True)
    for area, item, at in sorted(after, key=lambda incident: incident[2]):
        lookout.past_incident(area, item, at)
    return lookout.take_told()


def test_a_calm_month_of_the_demo_city_raises_nothing(weeks: list[Incident], month: list[Incident]) -> None:
    """40,320 looks at some 10,000 pairs of township and class."""
    assert len({(area[:9], item[:2]) for area, item, _ in weeks}) > 6_000
    assert [(w.sight.place, w.sight.kind, w.sight.count) for w in watch(weeks, month)] == []


def pair_of(weeks: list[Incident], which: str) -> Pair:
    ranked = [pair for pair, _ in Counter((area[:9], item[:2]) for area, item, _ in weeks).most_common()]
    return ranked[{"busiest": 0, "median": len(ranked) // 2, "rarest": -1}[which]]


@pytest.mark.parametrize(
    ("which", "every", "minutes"), [("busiest", 1, 15), ("median", 1, 15), ("rarest", 1, 15), ("median", 2, 30)]
)
def test_a_planted_surge_is_raised_in_time_and_gets_red(
    weeks: list[Incident], month: list[Incident], which: str, every: int, minutes: int
) -> None:
    begin, pair = MONDAY + 2 * DAY + 10 * HOUR, pair_of(weeks, which)
    surge = planted(begin, every * MINUTE, 60 // every, pair[0] + "001", pair[1] + "001")
    told = watch(weeks, [incident for incident in month if incident[2] < begin + 10 * HOUR] + surge)
    assert {(w.sight.place[:9], w.sight.kind) for w in told} == {pair}
    assert len({w.warning_id for w in told}) == 1
    assert 0 < told[0].raised_at - begin <= minutes * MINUTE
    assert max(w.colour for w in told) == Colour.RED
    assert told[-1].change == "cancelled"
