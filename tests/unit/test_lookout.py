"""The lookout of a partition: surges live and in history, absent grids, silence, restarts."""

from random import Random

import pytest

from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.lookout import LATE_MS, Duty, Lookout
from streams.core.pulse import Beat
from streams.core.warnings import Colour, ColourWarning

MONDAY = 1_730_649_600_000  # 2024-11-04 00:00 in Shanghai
TOWN, OTHER, FAR = "419901001000", "419901002000", "419902001000"
GRIDS = [f"{town[:9]}001{n:03}" for town in (TOWN, OTHER, FAR) for n in range(20)]
CUTOFF = 21 * HOUR
FEEDS = ("hotline", "police", "grid", "allclears")
DUTY = Duty(
    MINUTE, 21 * 60, 2, dict.fromkeys(FEEDS, 2), {"police": 15 * MINUTE, "allclears": 26 * HOUR}, 6 * HOUR,
    "419900000000", ("419901000000", "419902000000"), tuple(GRIDS),
)  # fmt: skip
START = MONDAY - 3 * HOUR


def beat(lookout: Lookout, up_to: int, **heard: int) -> None:
    for feed in FEEDS:
        for partition in (0, 1):
            lookout.beat(Beat(feed, partition, up_to, heard.get(feed, up_to) if partition == 0 else 0))


def clear(lookout: Lookout, grids: list[str], at: int) -> None:
    for grid in grids:
        lookout.clear(grid, at)


def story(told: list[ColourWarning], subject: str) -> list[tuple[str, str, str, str]]:
    return [(w.sight.place, w.sight.kind, w.change, w.colour.name) for w in told if w.sight.subject == subject]


def test_a_grid_is_absent_from_the_cut_off_on_and_a_late_all_clear_mends_it() -> None:
    lookout = Lookout(DUTY, START)
    clear(lookout, GRIDS[:8] + GRIDS[20:], MONDAY + 20 * HOUR)
    beat(lookout, MONDAY + CUTOFF - MINUTE)
    lookout.look(MONDAY + CUTOFF - MINUTE)
    assert lookout.take_told() == []
    beat(lookout, MONDAY + CUTOFF)
    lookout.look(MONDAY + CUTOFF)
    told = lookout.take_told()
    assert story(told, "absence") == [(TOWN, "", "raised", "ORANGE")]
    assert (told[0].sight.count, told[0].sight.expected, told[0].raised_at) == (12, 20.0, MONDAY + CUTOFF)
    clear(lookout, GRIDS[8:20], MONDAY + CUTOFF + 10 * MINUTE)
    beat(lookout, MONDAY + CUTOFF + 3 * HOUR)
    lookout.look(MONDAY + CUTOFF + 60 * MINUTE)
    lookout.look(MONDAY + CUTOFF + 3 * HOUR)
    assert story(lookout.take_told(), "absence") == [(TOWN, "", "cancelled", "ORANGE")]


def test_absence_stands_until_the_next_cut_off_finds_all_there() -> None:
    lookout = Lookout(DUTY, START)
    clear(lookout, GRIDS[20:], MONDAY + 20 * HOUR)
    for hours in range(21, 21 + 48):
        if hours == 24 + 20:
            clear(lookout, GRIDS, MONDAY + hours * HOUR)
        beat(lookout, MONDAY + hours * HOUR)
        lookout.look(MONDAY + hours * HOUR)
    told = [w for w in lookout.take_told() if w.sight.subject == "absence"]
    assert story(told, "absence") == [(TOWN, "", "raised", "RED"), (TOWN, "", "cancelled", "RED")]
    assert MONDAY + DAY + CUTOFF + 2 * HOUR <= told[1].sight.at <= MONDAY + DAY + CUTOFF + 3 * HOUR


def test_what_was_not_read_yet_is_neither_absent_nor_silent() -> None:
    lookout = Lookout(DUTY, START)
    clear(lookout, GRIDS[20:], MONDAY + 20 * HOUR)
    beat(lookout, MONDAY + 20 * HOUR)
    lookout.look(MONDAY + 30 * HOUR)
    assert lookout.take_told() == []


def test_one_unread_partition_is_enough_to_say_nothing() -> None:
    lookout = Lookout(DUTY, START)
    for feed in FEEDS:
        lookout.beat(Beat(feed, 0, MONDAY + DAY, MONDAY))
    lookout.look(MONDAY + DAY)
    assert lookout.take_told() == []


def test_a_county_without_any_all_clear_is_silent_not_absent() -> None:
    lookout = Lookout(DUTY, MONDAY)
    clear(lookout, GRIDS[:40], MONDAY + 18 * HOUR)
    lookout.heard("419901001001", MONDAY + 21 * HOUR)
    beat(lookout, MONDAY + CUTOFF)
    lookout.look(MONDAY + CUTOFF)
    told = lookout.take_told()
    assert story(told, "absence") == []
    assert story(told, "silence")[-1] == ("419902000000", "", "raised", "ORANGE")
    assert {place for place, *_ in story(told, "silence")} == {"419902000000"}


def test_a_silent_feed_gets_worse_and_is_over_when_it_speaks_for_as_long() -> None:
    lookout = Lookout(DUTY, MONDAY)
    for minutes in range(120):
        heard = MONDAY if minutes < 70 else MONDAY + minutes * MINUTE
        beat(lookout, MONDAY + minutes * MINUTE, police=heard)
        lookout.look(MONDAY + minutes * MINUTE)
    told = lookout.take_told()
    assert [(w.sight.kind, w.change, w.colour.name, (w.sight.at - MONDAY) // MINUTE) for w in told] == [
        ("police", "raised", "YELLOW", 15), ("police", "changed", "ORANGE", 30), ("police", "changed", "RED", 60),
        ("police", "cancelled", "RED", 85),
    ]  # fmt: skip
    assert len({w.warning_id for w in told}) == 1


def weeks(rng: Random, count: int) -> list[tuple[str, str, int]]:
    """A township with a fire a day on average, and one with nothing but noise."""
    days = range(-7 * count, 0)
    fires = [("419901001001", "09001", MONDAY + day * DAY + rng.randrange(DAY)) for day in days]
    noise = [("419901002001", "40001", MONDAY + day * DAY + rng.randrange(DAY)) for day in days for _ in range(6)]
    return sorted(fires + noise, key=lambda incident: incident[2])


def test_a_surge_is_raised_live_and_not_before_a_week_was_watched() -> None:
    lookout = Lookout(DUTY, MONDAY)
    for minutes in range(30):
        lookout.incident("419901001001", "09001", MONDAY + minutes * MINUTE)
    lookout.look(MONDAY + HOUR)
    assert lookout.take_told() == []
    for area, item, at in weeks(Random(3), 4):
        lookout.remember(area, item, at, past=False)
    later = Lookout(DUTY, MONDAY)
    for area, item, at in weeks(Random(3), 4):
        later.remember(area, item, at, past=False)
    for minutes in range(30):
        later.incident("419901001001", "09001", MONDAY + minutes * MINUTE)
        later.look(MONDAY + minutes * MINUTE)
    told = later.take_told()
    assert story(told, "surge")[0][:3] == (TOWN, "09", "raised")
    assert told[0].raised_at <= MONDAY + 10 * MINUTE
    assert told[-1].colour == Colour.RED


def test_history_from_clickhouse_counts_once() -> None:
    lookout = Lookout(DUTY, MONDAY)
    hours: dict[tuple[str, str, int], int] = {}
    for area, item, at in weeks(Random(3), 4):
        lookout.remember(area, item, at, past=False)
        key = (f"{area[:9]}000", item[:2], at // HOUR)
        hours[key] = hours.get(key, 0) + 1
    lookout.look(MONDAY + MINUTE)
    before = lookout._live._baseline.usual(TOWN, "09", MONDAY, 24)  # type: ignore[union-attr]
    lookout.learn(hours)
    lookout.look(MONDAY + 2 * MINUTE)
    assert lookout._live._baseline.usual(TOWN, "09", MONDAY, 24) == before  # type: ignore[union-attr]


def replay(lookout: Lookout, incidents: list[tuple[str, str, int]]) -> list[ColourWarning]:
    for area, item, at in incidents:
        lookout.past_incident(area, item, at)
    return lookout.take_told()


def stormy() -> list[tuple[str, str, int]]:
    storm = [("419901001001", "09001", MONDAY + 9 * HOUR + n * MINUTE) for n in range(40)]
    after = [("419901002001", "40001", MONDAY + DAY + n * HOUR) for n in range(20)]
    return weeks(Random(3), 4) + storm + after


def test_history_fed_in_again_is_looked_at_by_its_own_clock_and_tells_the_same_twice() -> None:
    first = replay(Lookout(DUTY, MONDAY + 500 * DAY), stormy())
    again = replay(Lookout(DUTY, MONDAY + 900 * DAY), stormy())
    assert first == again
    assert story(first, "surge")[0] == (TOWN, "09", "raised", first[0].colour.name)
    assert MONDAY + 9 * HOUR < first[0].raised_at <= MONDAY + 9 * HOUR + 15 * MINUTE
    assert first[-1].change == "cancelled"


def test_an_event_of_history_may_be_late_by_some_minutes() -> None:
    ordered = stormy()
    late = sorted(ordered, key=lambda i: i[2] + (LATE_MS - MINUTE if i[2] % 3 else 0))
    assert late != ordered
    assert replay(Lookout(DUTY, MONDAY), late) == replay(Lookout(DUTY, MONDAY), ordered)


@pytest.mark.parametrize("cut", [0.3, 0.5, 0.9])
def test_a_restart_tells_nothing_again_and_goes_on_under_the_same_id(cut: float) -> None:
    """Killed while the surge goes on: the next one knows the incidents and what was told, and nothing else."""
    surge = [(TOWN[:9] + "001", "09001", MONDAY + n * MINUTE) for n in range(60)]
    killed = int(len(surge) * cut)
    told: list[ColourWarning] = []
    lookout = Lookout(DUTY, MONDAY)
    known = weeks(Random(3), 4)
    for area, item, at in known:
        lookout.remember(area, item, at, past=False)
    for n, (area, item, at) in enumerate(surge):
        if n == killed:
            lookout = Lookout(DUTY, at)
            for before in known + surge[:n]:
                lookout.remember(*before, past=False)
            for warning in told:
                lookout.restore(warning, past=False)
        lookout.incident(area, item, at)
        lookout.look(at)
        told += lookout.take_told()
    for hours in range(1, 9):
        lookout.look(MONDAY + hours * HOUR)
    told += lookout.take_told()
    assert len({w.warning_id for w in told}) == 1
    assert [w.revision for w in told] == list(range(1, len(told) + 1))
    assert (told[0].change, told[-1].change) == ("raised", "cancelled")
