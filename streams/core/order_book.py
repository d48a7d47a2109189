"""The book of one partition: the orders of its units, what they were told, and when somebody has to look again.

The one thing here that changes. What changed is handed out by `take_changes` to be made durable before anything is
told; a book restored from that goes on as the one before, with the same signals, once each.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

from msgspec import Struct
from msgspec.structs import replace

from streams.core.deadline import DAY, IsWorkday
from streams.core.decision import Order
from streams.core.order_life import OrderLife, Refusal
from streams.core.order_state import OPEN, OrderState, issue
from streams.core.order_update import Update
from streams.core.supervision import Signal, earliest, schedule, signals_due

KEPT_MS = 30 * DAY  # how long an order that is at its end can still be answered or reopened


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One order in the book: what the compacted state topic holds."""

    order: Order  # as it was issued
    opened_at: int  # ms UTC, of its incident
    state: OrderState
    told: tuple[str, ...] = ()  # ids of signals that were told


class OrderBook:
    """The orders of one partition."""

    def __init__(self, life: OrderLife, is_workday: IsWorkday) -> None:
        self._life = life
        self._is_workday = is_workday
        self._entries: dict[str, Entry] = {}
        self._changed: dict[str, Entry | None] = {}
        self._alarms: list[tuple[int, str]] = []  # when to look, and at which order
        self._alarm_of: dict[str, int] = {}  # the one of them that holds
        self._ends: list[tuple[int, str]] = []  # when to forget, and which order
        self.open = 0  # orders whose unit is expected to act

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, order_id: str) -> Entry | None:
        """What is known of an order."""
        return self._entries.get(order_id)

    def restore(self, entries: Iterable[Entry]) -> None:
        """Fill an empty book with what was made durable."""
        for entry in entries:
            self._enter(entry)

    def issue(self, order: Order, opened_at: int, limit: str) -> OrderState:
        """Enter an order that was sent; a later revision of a known one adds nothing to its life.

        `opened_at` is the incident's, ms UTC. Raises DeadlineError on a bad limit.
        """
        known = self._entries.get(order.order_id)
        if known:
            return known.state
        entry = Entry(order, opened_at, issue(order, limit, self._is_workday))
        self._put(entry)
        return entry.state

    def take(self, update: Update, now: int) -> OrderState | Refusal:
        """Take a step; the state after it, or why not ("unknown_order", and the reasons of `OrderLife.apply`)."""
        entry = self._entries.get(update.order_id)
        if entry is None:
            return Refusal("unknown_order", f"no order {update.order_id} was sent to its unit, or it ended long ago")
        after = self._life.apply(entry.state, update, now)
        if isinstance(after, OrderState) and after is not entry.state:
            self._put(replace(entry, state=after))
        return after

    def looked_at(self, order_id: str, now: int) -> tuple[Signal, ...]:
        """The signals of one order that are due at `now` (ms UTC), earliest first; each is handed out once."""
        entry = self._entries.get(order_id)
        if entry is None or (bound := earliest(entry.state, entry.told)) is None or bound > now:
            return ()
        found = signals_due(entry.state, now, entry.told, self._is_workday)
        if found:
            self._put(replace(entry, told=(*entry.told, *(signal.signal_id for signal in found))))
        return found

    def signals(self, now: int) -> tuple[Signal, ...]:
        """The signals of all orders that are due at `now` (ms UTC), earliest first; each is handed out once."""
        due: list[Signal] = []
        while self._alarms and self._alarms[0][0] <= now:
            at, order_id = heappop(self._alarms)
            if self._alarm_of.get(order_id) != at:
                continue
            found = self.looked_at(order_id, now)
            due += found
            if not found:  # the alarm was a bound only
                self._set_alarm(order_id, self._next_signal(self._entries[order_id]))
        return tuple(sorted(due, key=lambda signal: (signal.at, signal.signal_id)))

    def take_changes(self) -> dict[str, Entry | None]:
        """Entries changed since the last call, None for forgotten ones: to be durable before anything is told."""
        changed, self._changed = self._changed, {}
        return changed

    def forget(self, now: int) -> list[str]:
        """Drop orders that have long been at their end; returns their ids."""
        ended: list[str] = []
        while self._ends and self._ends[0][0] < now:
            _, order_id = heappop(self._ends)
            entry = self._entries.get(order_id)
            if entry is None or entry.state.stage in OPEN or entry.state.last_at >= now - KEPT_MS:
                continue  # it went on: a later end is in the heap, or will be
            del self._entries[order_id]
            self._changed[order_id] = None
            ended.append(order_id)
        return ended

    def _put(self, entry: Entry) -> None:
        before = self._entries.get(entry.state.order_id)
        self.open -= before is not None and before.state.stage in OPEN
        self._enter(entry)
        self._changed[entry.state.order_id] = entry

    def _enter(self, entry: Entry) -> None:
        order_id = entry.state.order_id
        self._entries[order_id] = entry
        self._set_alarm(order_id, earliest(entry.state, entry.told))
        if entry.state.stage in OPEN:
            self.open += 1
        else:
            heappush(self._ends, (entry.state.last_at + KEPT_MS, order_id))

    def _set_alarm(self, order_id: str, at: int | None) -> None:
        if at is None:
            self._alarm_of.pop(order_id, None)
        elif self._alarm_of.get(order_id) != at:
            self._alarm_of[order_id] = at
            heappush(self._alarms, (at, order_id))

    def _next_signal(self, entry: Entry) -> int | None:
        stopped = entry.state.clock.stopped_at
        left = (signal.at for signal in schedule(entry.state, self._is_workday) if signal.signal_id not in entry.told)
        following = min(left, default=None)
        return None if following is None or (stopped is not None and following > stopped) else following

