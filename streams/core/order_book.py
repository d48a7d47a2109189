"""The book of one partition: the orders of its units, what they were told, and when somebody has to look again.

The one thing here that changes. What changed is handed out by `take_changes` to be made durable before anything is
told; a book restored from that goes on as the one before, with the same signals, once each.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

from msgspec import Struct

from streams.core.deadline import DAY, IsWorkday
from streams.core.decision import Order
from streams.core.order_life import OrderLife, Refusal
from streams.core.order_state import OPEN, OrderState, issue
from streams.core.order_update import Update
from streams.core.supervision import Signal, schedule, signals_due

KEPT_MS = 60 * DAY  # how long an order that is at its end can still be answered or reopened


class Entry(Struct, frozen=True, gc=False):
    """One order in the book: what the compacted state topic holds."""

    state: OrderState
    told: tuple[str, ...] = ()  # ids of signals that were told


class OrderBook:
    """The orders of one partition."""

    def __init__(self, life: OrderLife, is_workday: IsWorkday) -> None:
        self._life = life
        self._is_workday = is_workday
        self._entries: dict[str, Entry] = {}
        self._changed: dict[str, Entry] = {}
        self._alarms: list[tuple[int, str]] = []  # when to look, and at which order; a stale one is harmless

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, order_id: str) -> OrderState | None:
        """The state of an order."""
        entry = self._entries.get(order_id)
        return entry.state if entry else None

    def restore(self, entries: Iterable[Entry]) -> None:
        """Fill an empty book with what was made durable."""
        for entry in entries:
            self._entries[entry.state.order_id] = entry
            self._set_alarm(entry)

    def issue(self, order: Order, limit: str) -> OrderState:
        """Enter an order that was sent; a later revision of a known one adds nothing to its life.

        Raises DeadlineError on a bad limit.
        """
        known = self._entries.get(order.order_id)
        if known:
            return known.state
        entry = Entry(issue(order, limit, self._is_workday))
        self._put(entry)
        return entry.state

    def take(self, update: Update, now: int) -> OrderState | Refusal:
        """Take a step; the state after it, or why not ("unknown_order", and the reasons of `OrderLife.apply`)."""
        entry = self._entries.get(update.order_id)
        if entry is None:
            return Refusal("unknown_order", f"no order {update.order_id} was sent to its unit, or it ended long ago")
        after = self._life.apply(entry.state, update, now)
        if isinstance(after, OrderState) and after is not entry.state:
            self._put(Entry(after, entry.told))
        return after

    def signals(self, now: int) -> tuple[Signal, ...]:
        """The signals that are due at `now` (ms UTC), earliest first; each is handed out once."""
        due: list[Signal] = []
        while self._alarms and self._alarms[0][0] <= now:
            entry = self._entries.get(heappop(self._alarms)[1])
            if entry is None:
                continue
            found = signals_due(entry.state, now, entry.told, self._is_workday)
            due += found
            if found:
                self._put(Entry(entry.state, (*entry.told, *(signal.signal_id for signal in found))))
        return tuple(sorted(due, key=lambda signal: (signal.at, signal.signal_id)))

    def take_changes(self) -> list[Entry]:
        """Entries changed since the last call: what must be durable before anything is told."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def forget(self, now: int) -> list[str]:
        """Drop orders that have long been at their end; returns their ids, to be dropped from the durable state too."""
        ended = [
            order_id for order_id, entry in self._entries.items()
            if entry.state.stage not in OPEN and entry.state.last_at < now - KEPT_MS
        ]  # fmt: skip
        for order_id in ended:
            del self._entries[order_id]
            self._changed.pop(order_id, None)
        return ended

    def _put(self, entry: Entry) -> None:
        self._entries[entry.state.order_id] = self._changed[entry.state.order_id] = entry
        self._set_alarm(entry)

    def _set_alarm(self, entry: Entry) -> None:
        signals = schedule(entry.state, self._is_workday)
        due = [signal.at for signal in signals if signal.signal_id not in entry.told]
        stopped = entry.state.clock.stopped_at
        if due and (stopped is None or min(due) <= stopped):
            heappush(self._alarms, (min(due), entry.state.order_id))
