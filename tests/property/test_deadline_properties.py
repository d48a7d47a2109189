"""What holds for every due time, whatever the limit, the start and the suspensions."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from streams.core.deadline import (
    AFTERNOON,
    DAY,
    EPOCH,
    EVENING,
    HOUR,
    MORNING,
    NOON,
    UTC_OFFSET,
    due_at,
    parse_limit,
    remaining,
    working_ms,
)
from tests.support.small_city import is_workday

FIRST, LAST = 1_735_660_800_000, 1_798_732_800_000  # 2025-01-01 to 2027-01-01 local
starts = st.integers(FIRST, LAST)
clock_limits = st.one_of(st.integers(1, 3_000).map("{}m".format), st.integers(1, 400).map("{}h".format))
working_limits = st.one_of(st.integers(1, 200).map("{}wh".format), st.integers(1, 30).map("{}wd".format))
limits = st.one_of(clock_limits, working_limits)
spans = st.lists(
    st.tuples(st.integers(FIRST, LAST), st.integers(0, 20 * DAY)).map(lambda span: (span[0], span[0] + span[1])),
    max_size=4,
)
near = st.lists(st.tuples(st.integers(-10 * DAY, 20 * DAY), st.integers(0, 5 * DAY)), max_size=4)


@given(limits, starts, st.integers(0, 40 * DAY), spans)
def test_a_later_start_is_never_due_earlier(
    limit: str, start: int, later: int, suspended: list[tuple[int, int]]
) -> None:
    assert due_at(limit, start, is_workday, suspended) <= due_at(limit, start + later, is_workday, suspended)


@given(limits, starts, spans)
def test_nothing_is_due_before_it_starts(limit: str, start: int, suspended: list[tuple[int, int]]) -> None:
    assert due_at(limit, start, is_workday, suspended) > start


@given(working_limits, starts, spans)
def test_working_limits_are_due_in_working_time(limit: str, start: int, suspended: list[tuple[int, int]]) -> None:
    day, time_of_day = divmod(due_at(limit, start, is_workday, suspended) + UTC_OFFSET, DAY)
    assert is_workday(date.fromordinal(EPOCH + day))
    assert MORNING < time_of_day <= NOON or AFTERNOON < time_of_day <= EVENING


@given(working_limits, starts)
def test_exactly_the_limit_is_worked_until_due(limit: str, start: int) -> None:
    due = due_at(limit, start, is_workday)
    assert working_ms(start, due, is_workday) == parse_limit(limit).length
    assert working_ms(start, due - 1, is_workday) == parse_limit(limit).length - 1


@given(limits, starts, near)
def test_a_suspension_never_shortens_and_adds_no_more_than_itself_of_its_time(
    limit: str, start: int, offsets: list[tuple[int, int]]
) -> None:
    suspended = [(start + begin, start + begin + length) for begin, length in offsets]
    due = due_at(limit, start, is_workday, suspended)
    plain = due_at(limit, start, is_workday)
    assert due >= plain
    if not parse_limit(limit).working:
        assert due <= plain + sum(length for _, length in offsets)


@given(limits, starts, near)
def test_nothing_remains_when_due_and_something_just_before(
    limit: str, start: int, offsets: list[tuple[int, int]]
) -> None:
    suspended = [(start + begin, start + begin + length) for begin, length in offsets]
    due = due_at(limit, start, is_workday, suspended)
    assert remaining(limit, start, due, is_workday, suspended) == 0
    assert remaining(limit, start, due - 1, is_workday, suspended) > 0


@given(clock_limits, starts, st.integers(0, 100 * HOUR))
def test_a_suspension_from_the_start_shifts_by_its_length(limit: str, start: int, length: int) -> None:
    shifted = due_at(limit, start, is_workday, [(start, start + length)])
    assert shifted == due_at(limit, start, is_workday) + length
