"""Due times, case by case, on the statutory calendar of 2025 and 2026. Times are local, Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.core.deadline import (
    HOUR,
    MINUTE,
    WORKING_DAY,
    DeadlineError,
    counted,
    due_at,
    opening,
    parse_limit,
    remaining,
    working_ms,
)
from tests.support.small_city import is_workday

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(text: str) -> int:
    text = text if text.startswith("20") else f"2026-{text}"
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def text_of(moment_ms: int) -> str:
    return f"{datetime.fromtimestamp(moment_ms / 1000, SHANGHAI):%Y-%m-%d %H:%M}"


# limit | starts | due | why
CASES = """
# the clock: minutes and hours run day and night, on holidays too
10m | 2026-03-10 10:00 | 2026-03-10 10:10 | a 110 alert
5m  | 2026-03-10 23:58 | 2026-03-11 00:03 | over midnight
30m | 2025-12-31 23:45 | 2026-01-01 00:15 | over the year's end
1h  | 2026-02-17 03:30 | 2026-02-17 04:30 | Spring Festival's day does not stop the clock
2h  | 2026-10-01 17:00 | 2026-10-01 19:00 | National Day does not stop it either
4h  | 2026-03-13 16:00 | 2026-03-13 20:00 | Friday evening
4h  | 2026-03-14 22:30 | 2026-03-15 02:30 | weekend night
24h | 2026-02-28 12:00 | 2026-03-01 12:00 | over the end of February
24h | 2024-02-28 12:00 | 2024-02-29 12:00 | a leap day
720h | 2026-01-15 08:00 | 2026-02-14 08:00 | thirty days

# working hours inside one day
1wh | 2026-03-10 09:00 | 2026-03-10 10:00 | from the first minute
2wh | 2026-03-10 10:15 | 2026-03-10 13:45 | noon is not counted
3wh | 2026-03-10 09:00 | 2026-03-10 12:00 | just used up at noon
3wh | 2026-03-10 09:01 | 2026-03-10 13:31 | one minute over noon
1wh | 2026-03-10 12:00 | 2026-03-10 14:30 | at noon sharp
1wh | 2026-03-10 12:45 | 2026-03-10 14:30 | in the noon break
1wh | 2026-03-10 13:30 | 2026-03-10 14:30 | as the afternoon begins
4wh | 2026-03-10 13:30 | 2026-03-10 17:30 | the whole afternoon
5wh | 2026-03-10 09:00 | 2026-03-10 15:30 | unswept road, from the morning
5wh | 2026-03-10 11:00 | 2026-03-10 17:30 | ends with the day

# working hours over nights, weekends and holidays
5wh | 2026-03-10 14:00 | 2026-03-11 10:30 | over the night
1wh | 2026-03-10 17:00 | 2026-03-11 09:30 | half an hour today, half tomorrow
1wh | 2026-03-10 17:30 | 2026-03-11 10:00 | at closing time
1wh | 2026-03-10 22:00 | 2026-03-11 10:00 | in the night
1wh | 2026-03-11 05:00 | 2026-03-11 10:00 | before the morning
5wh | 2026-03-13 16:00 | 2026-03-16 14:00 | Friday to Monday
2wh | 2026-03-14 10:00 | 2026-03-16 11:00 | on a Saturday
1wh | 2026-02-14 17:00 | 2026-02-24 09:30 | last working hour before Spring Festival, a make-up Saturday
2wh | 2026-09-30 16:30 | 2026-10-08 10:00 | over National Day
16wh | 2026-03-10 09:00 | 2026-03-12 11:00 | two days of seven hours, and two hours

# working days: same time of day, N working days later
1wd | 2026-03-10 10:15 | 2026-03-11 10:15 | the next day
1wd | 2026-03-13 10:15 | 2026-03-16 10:15 | over a weekend
2wd | 2026-03-12 16:00 | 2026-03-16 16:00 | Thursday to Monday
5wd | 2026-03-10 11:30 | 2026-03-17 11:30 | a week of work
7wd | 2026-03-10 15:00 | 2026-03-19 15:00 | a quarrel
10wd | 2026-03-10 15:00 | 2026-03-24 15:00 | two weeks
15wd | 2026-03-10 15:00 | 2026-03-31 15:00 | three weeks
20wd | 2026-03-02 15:00 | 2026-03-30 15:00 | four weeks
1wd | 2026-03-10 17:29 | 2026-03-11 17:29 | a minute before closing

# working days that start outside working time: N full days, ended by 17:30 (or by noon)
1wd | 2026-03-10 17:30 | 2026-03-11 17:30 | at closing time
1wd | 2026-03-10 20:00 | 2026-03-11 17:30 | in the evening
1wd | 2026-03-11 03:00 | 2026-03-11 17:30 | in the small hours
1wd | 2026-03-11 09:00 | 2026-03-11 17:30 | as the day begins: the same moment of work
2wd | 2026-03-13 19:00 | 2026-03-17 17:30 | Friday evening
3wd | 2026-03-14 11:00 | 2026-03-18 17:30 | Saturday
1wd | 2026-03-10 12:30 | 2026-03-11 12:00 | in the noon break: noon to noon

# New Year 2026: off 1 to 3 January, Sunday 4 January worked
1wd | 2025-12-31 10:00 | 2026-01-04 10:00 | due on the make-up Sunday
2wd | 2025-12-31 10:00 | 2026-01-05 10:00 | and the Monday after
1wd | 2026-01-01 00:00 | 2026-01-04 17:30 | starts on New Year's Day
3wd | 2025-12-29 16:00 | 2026-01-04 16:00 | year end

# Spring Festival 2026: off 15 to 23 February, Saturdays 14 and 28 February worked
1wd | 2026-02-13 14:00 | 2026-02-14 14:00 | the make-up Saturday before
2wd | 2026-02-13 14:00 | 2026-02-24 14:00 | over nine days off
5wd | 2026-02-12 10:00 | 2026-02-26 10:00 | starts in the week before
1wd | 2026-02-17 09:00 | 2026-02-24 17:30 | starts on the first day of the year
5wd | 2026-02-23 18:00 | 2026-02-28 17:30 | ends on the make-up Saturday after

# Tomb Sweeping, Labour Day, Dragon Boat, Mid-Autumn 2026
1wd | 2026-04-03 16:00 | 2026-04-07 16:00 | 4 to 6 April off
1wd | 2026-04-30 16:00 | 2026-05-06 16:00 | 1 to 5 May off
4wd | 2026-04-30 16:00 | 2026-05-09 16:00 | make-up Saturday 9 May
1wd | 2026-06-18 10:00 | 2026-06-22 10:00 | 19 to 21 June off
2wd | 2026-09-23 10:00 | 2026-09-28 10:00 | 25 to 27 September off

# National Day 2026: off 1 to 7 October, Sunday 20 September and Saturday 10 October worked
1wd | 2026-09-18 10:00 | 2026-09-20 10:00 | make-up Sunday before
1wd | 2026-09-30 17:00 | 2026-10-08 17:00 | over the week off
3wd | 2026-09-30 17:00 | 2026-10-10 17:00 | make-up Saturday after
7wd | 2026-09-28 10:15 | 2026-10-13 10:15 | both sides
1wd | 2026-10-03 12:00 | 2026-10-08 17:30 | starts in the week off
15wd | 2026-09-25 08:00 | 2026-10-22 17:30 | starts at Mid-Autumn: 15 full days
"""

# limit | starts | due | suspensions | why; of 2026 where no year is given
SUSPENDED = """
2h  | 03-10 10:00 | 03-10 12:30 | 03-10 11:00 > 03-10 11:30 | the clock stands for half an hour
2h  | 03-10 10:00 | 03-10 12:00 | 03-10 12:00 > 03-10 18:00 | suspended only when already due
2h  | 03-10 10:00 | 03-10 12:00 | 03-10 08:00 > 03-10 09:30 | ended before the start
2h  | 03-10 10:00 | 03-10 13:00 | 03-10 08:00 > 03-10 11:00 | begun before the start
2h  | 03-10 10:00 | 03-10 13:00 | 03-10 11:00 > 03-10 12:00; 03-10 11:30 > 03-10 12:00 | overlap: once
2h  | 03-10 10:00 | 03-10 13:00 | 03-10 12:15 > 03-10 12:45; 03-10 10:30 > 03-10 11:00 | one lets the other in
1wd | 03-10 10:00 | 03-12 10:00 | 03-10 10:00 > 03-11 10:00 | a working day lost
1wd | 03-10 10:00 | 03-11 10:00 | 03-10 18:00 > 03-11 08:00 | a suspension in the night costs nothing
1wd | 03-10 10:00 | 03-11 11:00 | 03-10 11:30 > 03-10 14:00 | noon inside: one hour counts
5wd | 09-28 10:00 | 10-13 10:00 | 09-30 10:00 > 10-09 10:00 | over National Day: two working days
2wd | 03-12 10:00 | 03-16 10:00 | 03-14 00:00 > 03-16 00:00 | a weekend costs nothing
5wh | 03-10 09:00 | 03-11 10:00 | 03-10 10:00 > 03-10 11:00; 03-10 15:00 > 03-10 17:00 | twice in a day
3wh | 03-10 09:00 | 03-10 12:00 | 03-10 12:00 > 03-10 13:30 | just due at noon
10wd | 2025-12-22 09:30 | 01-14 09:30 | 2025-12-25 09:30 > 01-05 09:30 | over the year's end: six working days
"""


def _rows(table: str) -> list[list[str]]:
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def _spans(text: str) -> list[tuple[int, int]]:
    return [(ms(begin.strip()), ms(end.strip())) for begin, end in (span.split(">") for span in text.split(";"))]


@pytest.mark.parametrize(("limit", "start", "due", "why"), _rows(CASES))
def test_due(limit: str, start: str, due: str, why: str) -> None:
    assert text_of(due_at(limit, ms(start), is_workday)) == due, why


@pytest.mark.parametrize(("limit", "start", "due", "suspended", "why"), _rows(SUSPENDED))
def test_due_with_suspensions(limit: str, start: str, due: str, suspended: str, why: str) -> None:
    assert text_of(due_at(limit, ms(start), is_workday, _spans(suspended))) == text_of(ms(due)), why


def test_there_are_enough_cases() -> None:
    assert len(_rows(CASES)) + len(_rows(SUSPENDED)) >= 60


def test_seconds_and_milliseconds_are_kept() -> None:
    start = ms("2026-03-13 10:15") + 31_234
    assert due_at("1wd", start, is_workday) == ms("2026-03-16 10:15") + 31_234


@pytest.mark.parametrize(
    "text", ["", "7", "wd", "0m", "-3h", "1.5h", "5d", "5 wd", "5WD", "５wd", "9999wd", "1e3m", "7wd "]
)
def test_bad_limits_are_refused(text: str) -> None:
    with pytest.raises(DeadlineError, match="is no time limit"):
        due_at(text, 0, is_workday)


@pytest.mark.parametrize(
    ("text", "length", "working"),
    [("10m", 10 * MINUTE, False), ("4h", 4 * HOUR, False), ("5wh", 5 * HOUR, True), ("7wd", 7 * WORKING_DAY, True)],
)
def test_limits_are_read(text: str, length: int, *, working: bool) -> None:
    assert (parse_limit(text).length, parse_limit(text).working) == (length, working)


def test_a_suspension_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(DeadlineError, match="ends before it starts"):
        due_at("4h", 0, is_workday, [(20, 10)])


def test_a_calendar_without_working_days_is_refused_not_searched_for_ever() -> None:
    def never(_: date) -> bool:
        return False

    with pytest.raises(DeadlineError, match="too few working days after 2026-03-10"):
        due_at("1wd", ms("2026-03-10 10:00"), never)


@pytest.mark.parametrize(
    ("limit", "now", "left"),
    [
        ("4h", "2026-03-10 09:00", 4 * HOUR),  # before the start
        ("4h", "2026-03-10 11:00", 3 * HOUR),
        ("4h", "2026-03-10 14:00", 0),
        ("4h", "2026-03-10 15:30", -90 * MINUTE),
        ("5wh", "2026-03-10 13:00", 3 * HOUR),  # two hours worked, now at noon
        ("1wd", "2026-03-11 08:00", WORKING_DAY - 6 * HOUR),
        ("1wd", "2026-03-11 10:00", 0),
        (
            "1wd",
            "2026-03-14 10:00",
            -(2 * WORKING_DAY + 6 * HOUR),
        ),  # overdue on a Saturday: the rest of Wednesday, two days
    ],
)
def test_remaining(limit: str, now: str, left: int) -> None:
    assert remaining(limit, ms("2026-03-10 10:00"), ms(now), is_workday) == left


def test_remaining_stands_still_while_suspended() -> None:
    start, spans = ms("2026-03-10 10:00"), [(ms("2026-03-10 11:00"), ms("2026-03-12 11:00"))]
    assert remaining("1wd", start, ms("2026-03-10 12:00"), is_workday, spans) == WORKING_DAY - HOUR
    assert remaining("1wd", start, ms("2026-03-12 11:00"), is_workday, spans) == WORKING_DAY - HOUR
    assert remaining("4h", start, ms("2026-03-11 11:00"), is_workday, spans) == 3 * HOUR


def test_working_time_between_two_moments() -> None:
    assert working_ms(ms("2026-09-30 16:30"), ms("2026-10-08 09:30"), is_workday) == 90 * MINUTE
    assert working_ms(ms("2026-10-08 09:30"), ms("2026-09-30 16:30"), is_workday) == 0


@pytest.mark.parametrize(("moment", "opens"), [
    ("2026-03-10 08:59", "2026-03-10 09:00"),
    ("2026-03-10 09:00", "2026-03-10 09:00"),
    ("2026-03-10 11:59", "2026-03-10 11:59"),
    ("2026-03-10 12:00", "2026-03-10 13:30"),
    ("2026-03-10 13:30", "2026-03-10 13:30"),
    ("2026-03-10 17:30", "2026-03-11 09:00"),
    ("2026-03-13 20:00", "2026-03-16 09:00"),  # a weekend
    ("2026-02-27 20:00", "2026-02-28 09:00"),  # a Saturday that is worked
    ("2026-09-30 17:30", "2026-10-08 09:00"),  # National Day
    ("2026-12-31 23:59", "2027-01-01 09:00"),
])  # fmt: skip
def test_opening(moment, opens):
    assert opening(ms(moment), is_workday) == ms(opens)


def test_an_office_that_never_opens_is_an_error_and_no_endless_search():
    with pytest.raises(DeadlineError, match="no working day after 2026-03-10"):
        opening(ms("2026-03-10 20:00"), lambda _: False)


def test_a_limit_is_counted_day_by_day():
    days = counted("2wd", ms("2026-09-29 16:30"), is_workday)
    assert [(str(day.day), day.spent // 60_000, day.workday) for day in days if day.spent] == [
        ("2026-09-29", 60, True), ("2026-09-30", 420, True), ("2026-10-08", 360, True),
    ]  # fmt: skip
    assert sum(day.spent for day in days) == parse_limit("2wd").length
    assert [str(day.day) for day in days if not day.workday] == [f"2026-10-0{n}" for n in range(1, 8)]
    assert counted("4h", ms("2026-09-29 16:30"), is_workday) == ()
