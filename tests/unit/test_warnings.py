"""Warnings: the rule for small counts, hysteresis, a planted surge and a calm month."""

from collections import Counter
from math import exp, factorial
from random import Random

import pytest

from streams.core.baseline import Baseline, Usual, hour_of_week, negative_binomial_tail
from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.warnings import (
    CALM_MS,
    Colour,
    ColourWarning,
    Sight,
    absence,
    certain_share,
    follow,
    overdue,
    recurrence,
    surge,
)

MONDAY = 1_730_649_600_000  # 2024-11-04 00:00 in Shanghai
WEEKS, EVERY = 12, 10 * MINUTE
PLACES, KINDS = [f"T{n}" for n in range(20)], [f"{n:02}" for n in range(10)]
ASKED_A_DAY = len(PLACES) * len(KINDS) * DAY / EVERY
DAY_SHAPE = [0.3] * 6 + [1.0] * 6 + [1.4] * 6 + [1.6] * 4 + [0.5] * 2  # by hour; its mean is near 1


def city_weeks(rng: Random, start: int, days: int) -> list[tuple[str, str, int]]:
    """Incidents of a made-up city: most pairs of place and kind bring one in days, few bring dozens a day."""
    found = []
    for p, place in enumerate(PLACES):
        for k, kind in enumerate(KINDS):
            a_day = 40.0 / (1 + p) / (1 + k)
            for hour in range(days * 24):
                mean = a_day / 24 * DAY_SHAPE[hour % 24]
                while rng.random() < mean / (1 + mean):  # geometric: more bunched than chance alone
                    found.append((place, kind, start + hour * HOUR + int(rng.random() * HOUR)))
    return sorted(found, key=lambda incident: incident[2])


def watch(baseline: Baseline, incidents: list[tuple[str, str, int]], start: int, days: int) -> list[ColourWarning]:
    """Every change of every warning when each pair's last hour is looked at every ten minutes."""
    told, standing = [], {}
    by_pair: dict[tuple[str, str], list[int]] = {}
    for place, kind, at in incidents:
        by_pair.setdefault((place, kind), []).append(at)
    for (place, kind), times in by_pair.items():
        looks = {start + ((at - start) // EVERY + 1 + n) * EVERY for at in times for n in range(6)}
        calm = {look + CALM_MS * n // 2 for look in looks for n in (1, 2, 3, 4)}
        for look in sorted(looks | calm):
            count = sum(look - HOUR <= at < look for at in times)
            sight = surge(place, kind, look, count, baseline.usual(place, kind, look, 1), ASKED_A_DAY)
            standing[place, kind], changed = follow(standing.get((place, kind)), sight)
            if changed:
                told.append(standing[place, kind])
    assert days
    return told


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    start = MONDAY - WEEKS * 7 * DAY
    hours = Counter((place, kind, at // HOUR) for place, kind, at in city_weeks(Random(1), start, WEEKS * 7))
    return Baseline(((*hour, count) for hour, count in hours.items()), WEEKS)


def test_a_calm_month_raises_next_to_nothing(baseline: Baseline) -> None:
    """200 pairs, looked at every ten minutes for 28 days of bunched chance: 806,400 looks, no false alarm."""
    month = city_weeks(Random(2), MONDAY, 28)
    assert len(month) > 5_000
    raised = [w for w in watch(baseline, month, MONDAY, 28) if w.change == "raised"]
    assert raised == []


def test_a_planted_surge_is_seen_within_twenty_minutes(baseline: Baseline) -> None:
    """A burst of one matter a minute from 10:00 in a quiet place."""
    begin = MONDAY + 2 * DAY + 10 * HOUR
    planted = [("T15", "07", begin + n * MINUTE) for n in range(60)]
    month = sorted(city_weeks(Random(2), MONDAY, 7) + planted, key=lambda incident: incident[2])
    told = [w for w in watch(baseline, month, MONDAY, 7) if w.sight.place == "T15" and w.sight.kind == "07"]
    assert told[0].change == "raised"
    assert told[0].raised_at - begin <= 20 * MINUTE
    assert max(w.colour for w in told) == Colour.RED
    assert told[-1].change == "cancelled"
    assert len({w.warning_id for w in told}) == 1


def test_a_storm_in_a_busy_place_is_seen_within_the_hour(baseline: Baseline) -> None:
    begin = MONDAY + 3 * DAY + 15 * HOUR
    planted = [("T0", "00", begin + n * MINUTE) for n in range(90)]
    week = sorted(city_weeks(Random(3), MONDAY, 7) + planted, key=lambda incident: incident[2])
    told = [w for w in watch(baseline, week, MONDAY, 7) if w.sight.place == "T0" and w.sight.kind == "00"]
    assert begin < told[0].raised_at <= begin + HOUR


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_the_tail_of_a_well_known_rate_is_poissons(count: int) -> None:
    poisson = 1 - sum(exp(-2.0) * 2.0**k / factorial(k) for k in range(count))
    assert Usual(2e7, 1e7).tail(count) == pytest.approx(poisson, rel=1e-4)


def test_the_tail_is_what_counting_finds() -> None:
    rng, p, shape = Random(5), 0.4, 3
    draws = [sum(_failures(rng, 1 - p) for _ in range(shape)) for _ in range(40_000)]
    for count in (1, 3, 6):
        counted = sum(d >= count for d in draws) / len(draws)
        assert negative_binomial_tail(count, shape, p) == pytest.approx(counted, abs=0.01)


def _failures(rng: Random, success: float) -> int:
    failures = 0
    while rng.random() >= success:
        failures += 1
    return failures


def test_little_knowledge_makes_large_counts_less_odd() -> None:
    assert Usual(0.2, 0.1).tail(8) > 50 * Usual(2000, 1000).tail(8)


def test_a_pair_never_seen_is_not_a_surge_with_its_first_incidents(baseline: Baseline) -> None:
    usual = baseline.usual("nowhere", "99", MONDAY, 1)
    assert 0 < usual.mean < 0.001
    assert surge("nowhere", "99", MONDAY, 3, usual, ASKED_A_DAY).colour == Colour.NONE
    assert surge("nowhere", "99", MONDAY, 12, usual, ASKED_A_DAY).colour == Colour.RED


def test_the_rhythm_of_the_city_shows_in_a_quiet_pair(baseline: Baseline) -> None:
    evening, night = MONDAY + 21 * HOUR, MONDAY + 4 * HOUR
    assert baseline.usual("T9", "04", evening, 1).mean > 2 * baseline.usual("T9", "04", night, 1).mean


def test_hours_add_up(baseline: Baseline) -> None:
    day = baseline.usual("T0", "00", MONDAY + DAY, 24).mean
    hours = sum(baseline.usual("T0", "00", MONDAY + n * HOUR, 1).mean for n in range(1, 25))
    assert day == pytest.approx(hours)
    half = baseline.usual("T0", "00", MONDAY + 90 * MINUTE, 1).mean
    assert half == pytest.approx(sum(baseline.usual("T0", "00", MONDAY + n * HOUR, 1).mean for n in (1, 2)) / 2)


def test_the_week_begins_on_monday_in_the_citys_zone() -> None:
    assert hour_of_week(MONDAY) == 0
    assert hour_of_week(MONDAY - 1) == 167


def sight(colour: Colour, minutes: int) -> Sight:
    return Sight("surge", "T1", "01", MONDAY + minutes * MINUTE, colour, 5, 1.0)


def story(*colours: tuple[int, Colour]) -> list[tuple[str, str]]:
    standing, told = None, []
    for minutes, colour in colours:
        standing, changed = follow(standing, sight(colour, minutes))
        if changed:
            assert standing
            told.append((standing.change, standing.colour.name))
    return told


def test_up_at_once_down_after_calm_step_by_step() -> None:
    n, b, o = Colour.NONE, Colour.BLUE, Colour.ORANGE
    assert story((0, n), (10, b), (20, o), (30, b), (100, b), (150, b), (160, n), (270, n), (280, n)) == [
        ("raised", "BLUE"), ("changed", "ORANGE"), ("changed", "BLUE"), ("cancelled", "BLUE"),
    ]  # fmt: skip


def test_a_number_that_dances_around_the_threshold_raises_one_warning() -> None:
    dance = [(n * 10, Colour.BLUE if n % 2 else Colour.NONE) for n in range(100)]
    assert story(*dance, (1200, Colour.NONE), (1400, Colour.NONE)) == [("raised", "BLUE"), ("cancelled", "BLUE")]


def test_a_warning_after_a_cancelled_one_is_another() -> None:
    standing, _ = follow(None, sight(Colour.RED, 0))
    first = standing
    for minutes in (10, 200):
        standing, _ = follow(standing, sight(Colour.NONE, minutes))
    assert first
    assert standing
    assert (standing.change, standing.warning_id) == ("cancelled", first.warning_id)
    second, _ = follow(standing, sight(Colour.BLUE, 300))
    assert second
    assert second.revision == 1
    assert second.warning_id != first.warning_id


def test_shares_are_judged_by_what_they_show_for_certain() -> None:
    assert certain_share(1, 1) < 0.3
    assert certain_share(500, 1000) == pytest.approx(0.474, abs=0.001)
    assert certain_share(0, 0) == 0.0
    assert overdue("E-CG", 0, 1, 2).colour == Colour.BLUE
    assert overdue("E-CG", 0, 60, 100).colour == Colour.RED
    assert overdue("E-CG", 0, 0, 100).colour == Colour.NONE
    assert absence("T1", 0, 3, 100).colour == Colour.NONE
    assert absence("T1", 0, 40, 100).colour == Colour.ORANGE


@pytest.mark.parametrize(("incidents", "colour"), [(2, 0), (3, 1), (5, 2), (8, 3), (12, 4)])
def test_recurrence(incidents: int, colour: int) -> None:
    assert recurrence("V", "33001", 0, incidents).colour == colour
