"""Supervision (督办): reminders before the due time, urging (催办) after it, and climbing to the unit above.

The signals of an order follow from its clock alone, so whoever looks again (a timer, a restarted worker, the next owner
of the partition) finds the same ones with the same ids. A signal that was told is told no more; one whose clock was
replaced before anybody looked is moot.

A clock that is suspended, or whose work is done, signals nothing from that moment on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct

from streams.core.deadline import IsWorkday, Span, parse_limit, working_ms
from streams.core.order_state import OPEN, Clock, OrderState
from streams.core.unit import Unit

SignalKind = Literal["reminder", "urging", "escalation"]
REMIND_SHARE = 0.2  # of the limit is left when the unit is reminded
ESCALATE_SHARES = (0.5, 1.0, 2.0)  # of the limit has passed since it was due: the first, second, third unit above


class Signal(Struct, frozen=True, array_like=True, gc=False):
    """One act of supervision that is due."""

    signal_id: str  # order id, number of the clock, kind and level: the same however often it is worked out
    kind: SignalKind
    order_id: str
    unit: str  # whose order it is
    level: int  # escalation: how many units above; else 0
    at: int  # ms UTC, when it became due (not: when somebody looked)
    due_at: int  # ms UTC, of the order


def signals_due(
    state: OrderState, now: int, told: Collection[str], is_workday: IsWorkday
) -> tuple[Signal, ...]:
    """Signals of an order that are due at `now` (ms UTC) and not among the ids `told`, earliest first."""
    if state.stage not in OPEN:
        return ()
    stopped = state.clock.stopped_at
    until = now if stopped is None else min(now, stopped)
    return tuple(s for s in schedule(state, is_workday) if s.at <= until and s.signal_id not in told)


def schedule(state: OrderState, is_workday: IsWorkday) -> tuple[Signal, ...]:
    """All signals of the order's present clock, due or to come, earliest first; none once the work is done."""
    if state.stage not in OPEN:
        return ()
    clock = state.clock
    limit = parse_limit(clock.limit)
    time = _Time(limit.working, is_workday)
    early = time.before(clock, round(limit.length * REMIND_SHARE))
    moments: list[tuple[SignalKind, int, int]] = [("reminder", 0, early), ("urging", 0, clock.due_at)]
    for level, share in enumerate(ESCALATE_SHARES, start=1):
        moments.append(("escalation", level, time.after(clock.due_at, round(limit.length * share), clock.suspended)))
    return tuple(
        Signal(_id(state, kind, level), kind, state.order_id, state.unit, level, at, clock.due_at)
        for kind, level, at in moments
    )  # fmt: skip


def earliest(state: OrderState, told: Collection[str]) -> int | None:
    """A moment (ms UTC) before which none of the signals that are not `told` is due; None when there are none.

    Cheap, for it is asked at every change of every order: working time never runs faster than the clock.
    """
    clock = state.clock
    if state.stage not in OPEN:
        return None
    length = parse_limit(clock.limit).length
    early = clock.started_at + length - round(length * REMIND_SHARE)
    bounds = [("reminder", 0, early), ("urging", 0, clock.due_at)]
    bounds += [("escalation", n, clock.due_at + round(length * s)) for n, s in enumerate(ESCALATE_SHARES, start=1)]
    left = (at for kind, level, at in bounds if _id(state, kind, level) not in told)
    bound = min(left, default=None)
    return None if bound is None or (clock.stopped_at is not None and bound > clock.stopped_at) else bound


def _id(state: OrderState, kind: str, level: int) -> str:
    return f"{state.order_id}#{state.clock.number}/{kind}/{level}"


def unit_above(unit: str, level: int, units: Mapping[str, Unit]) -> str:
    """The unit `level` steps above (to whom an escalation goes), or the highest there is; `unit` itself if none."""
    seen = {unit}
    for _ in range(level):
        parent = units[unit].parent if unit in units else ""
        if not parent or parent in seen:
            break
        unit = parent
        seen.add(unit)
    return unit


class _Time:
    """Clock or working time, forwards and backwards."""

    def __init__(self, working: bool, is_workday: IsWorkday) -> None:  # noqa: FBT001 - the limit's own flag
        self._working = working
        self._is_workday = is_workday

    def passed(self, begin: int, end: int) -> int:
        """Time of this kind between two moments in ms."""
        return working_ms(begin, end, self._is_workday) if self._working else max(end - begin, 0)

    def running(self, begin: int, end: int, suspended: tuple[Span, ...]) -> int:
        """The same without suspensions (which do not overlap: each begins after the one before has ended)."""
        still = sum(self.passed(max(b, begin), min(e, end)) for b, e in suspended if b < end and e > begin)
        return self.passed(begin, end) - still

    def before(self, clock: Clock, length: int) -> int:
        """The latest moment, not before the clock's start, from which at least `length` runs until it is due."""
        low, high = clock.started_at, clock.due_at
        while low < high:
            middle = (low + high + 1) // 2
            if self.running(middle, clock.due_at, clock.suspended) >= length:
                low = middle
            else:
                high = middle - 1
        return low

    def after(self, begin: int, length: int, suspended: tuple[Span, ...]) -> int:
        """The first moment at which `length` has run since `begin`."""
        reach = max(length, 1)
        while self.running(begin, begin + reach, suspended) < length:
            reach *= 2
        low, high = begin, begin + reach
        while low < high:
            middle = (low + high) // 2
            if self.running(begin, middle, suspended) >= length:
                high = middle
            else:
                low = middle + 1
        return low
