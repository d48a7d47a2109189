"""Due times: clock time for the urgent, working time for the rest, stopped while an order is suspended.

Source of the rules: the catalogue's limits and the deadline practice of the field. Danger and utilities are counted by
the clock (minutes, hours); the rest in working hours and working days of the statutory calendar (法定节假日, 调休),
09:00-12:00 and 13:30-17:30 in Asia/Shanghai. Extensions and suspensions stop the clock.

One rule covers all working limits: **a limit is used up by working time, and is due at the first moment at which all of
it has passed**. A working day is the seven hours of one day. So N working days end at the same time of day N working
days later. A limit that starts outside working time starts at the next working moment: in the night or on a holiday, N
full days end at 17:30 of the Nth; in the noon break, at 12:00. Nothing falls due in a break, at night or on a holiday.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache

from msgspec import Struct

from streams.errors import SanwangError

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UTC_OFFSET = 8 * HOUR  # Asia/Shanghai has had no other since 1991
EPOCH = date(1970, 1, 1).toordinal()

MORNING, NOON = 9 * HOUR, 12 * HOUR
AFTERNOON, EVENING = 13 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE
BEFORE_NOON = NOON - MORNING
WORKING_DAY = BEFORE_NOON + EVENING - AFTERNOON  # 7 hours

IsWorkday = Callable[[date], bool]
Span = tuple[int, int]  # from and to in ms UTC, the end not included

_LENGTH = {"m": MINUTE, "h": HOUR, "wh": HOUR, "wd": WORKING_DAY}
_LONGEST = {"m": 527_040, "h": 8_784, "wh": 2_000, "wd": 262}  # a year
_LIMIT = re.compile(r"([0-9]{1,6})(m|h|wh|wd)")


class DeadlineError(SanwangError):
    """A time limit or a suspension that cannot be counted."""


class Counted(Struct, frozen=True, gc=False):
    """One day of a working limit: how much of it was used up on that day, in ms; 0 on days that do not count."""

    day: date
    spent: int
    workday: bool


class Limit(Struct, frozen=True, gc=False):
    """A time limit: how long, in ms, and whether it is counted in working time."""

    length: int
    working: bool


@lru_cache(maxsize=1024)
def parse_limit(text: str) -> Limit:
    """Read a limit of the catalogue: `10m` and `4h` by the clock, `5wh` and `7wd` in working hours and days.

    Raises DeadlineError on anything else, on zero, and on more than a year.
    """
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise DeadlineError(f"{text!r} is no time limit: write a number and m, h, wh or wd, as in 30m, 4h, 5wh, 7wd")
    amount, unit = int(found[1]), found[2]
    if not 0 < amount <= _LONGEST[unit]:
        raise DeadlineError(f"{text!r} is no time limit: at least 1{unit} and at most {_LONGEST[unit]}{unit}")
    return Limit(length=amount * _LENGTH[unit], working=unit in ("wh", "wd"))


def due_at(limit: str, start_ms: int, is_workday: IsWorkday, suspended: Sequence[Span] = ()) -> int:
    """When a limit that starts at `start_ms` is used up, in ms UTC.

    `suspended` holds spans of ms UTC, in any order, overlapping or not, in which the limit does not run.
    Raises DeadlineError on a bad limit or a span that ends before it starts.
    """
    parsed = parse_limit(limit)
    after, passed = (_working_after, working_ms) if parsed.working else (_clock_after, _clock_ms)
    length = parsed.length
    due = after(start_ms, length, is_workday)
    if not suspended:
        return due
    for begin, end in _merged(suspended, start_ms):
        if begin >= due:
            break
        length += passed(begin, end, is_workday)
        due = after(start_ms, length, is_workday)
    return due


def remaining(limit: str, start_ms: int, now_ms: int, is_workday: IsWorkday, suspended: Sequence[Span] = ()) -> int:
    """What is left of a limit at `now_ms`, in ms of its own kind of time (clock or working); negative when overdue.

    Raises DeadlineError as `due_at` does.
    """
    parsed = parse_limit(limit)
    if now_ms <= start_ms:
        return parsed.length

    passed = working_ms if parsed.working else _clock_ms
    stopped = sum(passed(begin, min(end, now_ms), is_workday) for begin, end in _merged(suspended, start_ms))
    return parsed.length - passed(start_ms, now_ms, is_workday) + stopped


def counted(limit: str, start_ms: int, is_workday: IsWorkday) -> tuple[Counted, ...]:
    """How a working limit is counted, day by day, from its start to its due time; nothing for a limit by the clock.

    Raises DeadlineError as `due_at` does.
    """
    if not parse_limit(limit).working:
        return ()
    due = due_at(limit, start_ms, is_workday)
    days = []
    for number in range((start_ms + UTC_OFFSET) // DAY, (due + UTC_OFFSET) // DAY + 1):
        begin, day = number * DAY - UTC_OFFSET, date.fromordinal(EPOCH + number)
        spent = working_ms(max(begin, start_ms), min(begin + DAY - 1, due), is_workday)
        days.append(Counted(day, spent, is_workday(day)))
    return tuple(days)


def opening(at_ms: int, is_workday: IsWorkday) -> int:
    """The first moment from `at_ms` on, in ms UTC, at which offices work: `at_ms` itself if they do then.

    Raises DeadlineError if there is no working day within a year.
    """
    first, time_of_day = divmod(at_ms + UTC_OFFSET, DAY)
    for day in range(first, first + 366):
        if is_workday(date.fromordinal(EPOCH + day)):
            if time_of_day < NOON:
                return day * DAY + max(time_of_day, MORNING) - UTC_OFFSET
            if time_of_day < EVENING:
                return day * DAY + max(time_of_day, AFTERNOON) - UTC_OFFSET
        time_of_day = 0
    raise DeadlineError(f"the calendar has no working day after {date.fromordinal(EPOCH + first)}")


def working_ms(start_ms: int, end_ms: int, is_workday: IsWorkday) -> int:
    """Working time between two moments in ms; 0 if the second is not later."""
    if end_ms <= start_ms:
        return 0
    first, start = divmod(start_ms + UTC_OFFSET, DAY)
    last, end = divmod(end_ms + UTC_OFFSET, DAY)
    total = 0
    for day in range(first, last + 1):
        if is_workday(date.fromordinal(EPOCH + day)):
            total += (_worked(end) if day == last else WORKING_DAY) - (_worked(start) if day == first else 0)
    return total


def _working_after(start_ms: int, length: int, is_workday: IsWorkday) -> int:
    """The first moment at which `length` of working time has passed since `start_ms`."""
    first, time_of_day = divmod(start_ms + UTC_OFFSET, DAY)
    if is_workday(date.fromordinal(EPOCH + first)):
        length += _worked(time_of_day)  # count from the morning: the loop then knows whole days only
    horizon = first + 366 + 3 * (length // WORKING_DAY)  # no calendar rests for a year: do not search for ever
    for day in range(first, horizon):
        if is_workday(date.fromordinal(EPOCH + day)):
            if length <= WORKING_DAY:
                time_of_day = MORNING + length if length <= BEFORE_NOON else AFTERNOON + length - BEFORE_NOON
                return day * DAY + time_of_day - UTC_OFFSET
            length -= WORKING_DAY
    raise DeadlineError(f"the calendar has too few working days after {date.fromordinal(EPOCH + first)}")


def _clock_after(start_ms: int, length: int, _: IsWorkday) -> int:
    return start_ms + length


def _clock_ms(start_ms: int, end_ms: int, _: IsWorkday) -> int:
    return max(end_ms - start_ms, 0)


def _worked(time_of_day: int) -> int:
    """Working time of a working day that has passed at `time_of_day`."""
    if time_of_day <= AFTERNOON:
        return min(max(time_of_day - MORNING, 0), BEFORE_NOON)
    return min(time_of_day, EVENING) - AFTERNOON + BEFORE_NOON


def _merged(spans: Sequence[Span], start_ms: int) -> Iterator[Span]:
    """The parts of `spans` after `start_ms`, in order, without overlap."""
    reached = start_ms
    for begin, end in sorted(spans):
        if end < begin:
            raise DeadlineError(f"a suspension ends before it starts: {begin} to {end}")
        if end > reached:
            yield max(begin, reached), end
            reached = end
