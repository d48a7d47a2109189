"""Presence: absent grids, days, late signals, silence, the bulletin."""

from streams.core.deadline import HOUR, MINUTE
from streams.core.presence import Absence, Bulletin, Presence, cutoff_of, day_of

TOWN, OTHER = "419901001000", "419901002000"
GRIDS = ("419901001001001", "419901001001002", "419901002001001")
EVENING = 1_730_462_400_000  # 2024-11-01 20:00 in Shanghai
DAY = day_of(EVENING)


def test_days_are_the_citys() -> None:
    assert day_of(EVENING + 4 * HOUR - 1) == DAY
    assert day_of(EVENING + 4 * HOUR) == DAY + 1
    assert cutoff_of(DAY, 20 * 60) == EVENING
    assert day_of(cutoff_of(DAY, 0)) == DAY


def test_a_grid_without_all_clear_is_absent_whatever_else_it_sent() -> None:
    presence = Presence(GRIDS)
    presence.clear(GRIDS[0], EVENING)
    presence.clear(GRIDS[0], EVENING + MINUTE)
    presence.online(GRIDS[1], EVENING)
    assert presence.absences(DAY) == (Absence(TOWN, DAY, 2, (GRIDS[1],)), Absence(OTHER, DAY, 1, (GRIDS[2],)))


def test_a_late_all_clear_counts_for_its_own_day() -> None:
    presence = Presence(GRIDS)
    for grid in GRIDS:
        presence.clear(grid, EVENING + 24 * HOUR)
    presence.clear(GRIDS[0], EVENING)
    assert presence.absences(DAY + 1) == ()
    assert presence.absences(DAY)[0].absent == (GRIDS[1],)


def test_old_days_are_forgotten_and_not_begun_again() -> None:
    presence = Presence(GRIDS, keep=2)
    presence.clear(GRIDS[0], EVENING)
    presence.clear(GRIDS[0], EVENING + 48 * HOUR)
    presence.clear(GRIDS[1], EVENING)
    assert [len(a.absent) for a in presence.absences(DAY)] == [2, 1]


def test_the_bulletin_of_every_township() -> None:
    presence = Presence(GRIDS)
    presence.clear(GRIDS[0], EVENING)
    presence.online(GRIDS[1], EVENING)
    assert presence.bulletins(DAY, {TOWN: 7}, {TOWN: 3}, {TOWN: 2}, {OTHER: 1}) == (
        Bulletin(TOWN, 2, 2, 1, 7, 3, 2, 0), Bulletin(OTHER, 1, 0, 0, 0, 0, 0, 1),
    )  # fmt: skip
