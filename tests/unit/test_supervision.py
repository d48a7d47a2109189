"""Signals of supervision: when they are due, once each, and with the same ids whoever looks."""

from msgspec.structs import replace

from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.order_state import OrderState
from streams.core.supervision import Signal, schedule, signals_due, unit_above
from streams.core.unit import Unit
from tests.unit.test_order_life import MONDAY, is_workday, new, walk

UNITS = {code: Unit(code, code, "government", "s", "419901000000", parent=parent)
         for code, parent in (("V", "T"), ("T", "C"), ("C", ""))}  # fmt: skip


def kinds(signals: tuple[Signal, ...]) -> list[tuple[str, int, int]]:
    return [(s.kind, s.level, s.at - MONDAY) for s in signals]


def test_the_signals_of_a_clock_limit() -> None:
    assert kinds(schedule(new(), is_workday)) == [
        ("reminder", 0, 192 * MINUTE), ("urging", 0, 4 * HOUR), ("escalation", 1, 6 * HOUR),
        ("escalation", 2, 8 * HOUR), ("escalation", 3, 12 * HOUR),
    ]  # fmt: skip


def test_working_limits_are_supervised_in_working_time() -> None:
    """One day from Monday 09:00: 84 minutes of 420 are left at 16:06; half a day after 17:30 is Tuesday 14:00."""
    found = kinds(schedule(new("41001"), is_workday))
    assert found[0] == ("reminder", 0, 7 * HOUR + 6 * MINUTE)
    assert found[2] == ("escalation", 1, DAY + 5 * HOUR)


def test_each_is_told_once_also_by_one_who_starts_anew() -> None:
    state, told = new(), []
    for minute in range(0, 800, 7):
        told += [s.signal_id for s in signals_due(state, MONDAY + minute * MINUTE, told, is_workday)]
    assert told == [s.signal_id for s in signals_due(new(), MONDAY + 800 * MINUTE, (), is_workday)]
    assert len(told) == len(set(told)) == 5
    assert signals_due(state, MONDAY + DAY, told, is_workday) == ()


def test_nothing_is_signalled_while_the_clock_is_stopped_nor_when_the_work_is_done() -> None:
    stopped = walk(new(), "accepted", "suspended")
    assert signals_due(stopped, MONDAY + DAY, (), is_workday) == ()
    assert signals_due(walk(new(), "accepted", "handled"), MONDAY + DAY, (), is_workday) == ()


def test_what_was_due_before_the_stop_is_still_told_after_it() -> None:
    stopped = walk(walk(new(), "accepted"), "suspended", start=200)
    assert [s.kind for s in signals_due(stopped, MONDAY + DAY, (), is_workday)] == ["reminder"]


def test_a_suspension_moves_signals_and_keeps_their_ids_an_extension_makes_new_ones() -> None:
    ids = {s.signal_id for s in schedule(new(), is_workday)}
    resumed = walk(walk(new(), "accepted", "suspended"), "resumed", start=62)
    assert {s.signal_id for s in schedule(resumed, is_workday)} == ids
    assert kinds(schedule(resumed, is_workday))[1] == ("urging", 0, 5 * HOUR)
    extended = walk(new(), "accepted", "extension_asked", "extension_granted")
    assert not {s.signal_id for s in schedule(extended, is_workday)} & ids


def test_a_suspension_after_the_due_time_holds_escalation_back() -> None:
    late = walk(walk(walk(new(), "accepted"), "suspended", start=300), "resumed", start=360)
    assert kinds(schedule(late, is_workday))[2] == ("escalation", 1, 7 * HOUR)


def test_escalation_climbs_to_the_units_above() -> None:
    assert [unit_above("V", level, UNITS) for level in (1, 2, 3)] == ["T", "C", "C"]
    assert unit_above("X", 1, UNITS) == "X"
    circle = {"A": replace(UNITS["V"], code="A", parent="B"), "B": replace(UNITS["V"], code="B", parent="A")}
    assert unit_above("A", 5, circle) == "B"


def test_a_state_is_all_that_is_needed() -> None:
    state: OrderState = new()
    assert schedule(state, is_workday) == schedule(replace(state), is_workday)
