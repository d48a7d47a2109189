"""An order as it stands: its stage, its clock, what its caller said, and everything that happened to it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.core.deadline import IsWorkday, Span, due_at
from streams.core.decision import Order
from streams.core.order_update import Update

Stage = Literal[
    "issued", "accepted", "arrived", "in_hand", "handled", "verified", "closed", "returned", "handed_over", "merged"
]
#: The unit is expected to act: its clock runs, unless it is suspended.
OPEN: frozenset[Stage] = frozenset({"issued", "accepted", "arrived", "in_hand"})


class Clock(Struct, frozen=True, array_like=True, gc=False):
    """The due clock of an order: one from each issue, reopening, extension and change of category to the next."""

    number: int  # counts up with every new promise; a suspension moves the due time but is no new promise
    limit: str  # as in the catalogue
    started_at: int  # ms UTC
    due_at: int  # ms UTC, as far as is known; while the clock is stopped it moves on with the time
    extensions: tuple[str, ...] = ()  # limits granted on top, each counted from the due time before it
    suspended: tuple[Span, ...] = ()  # ended suspensions, ms UTC
    stopped_at: int | None = None  # ms UTC, begin of the suspension under way


class Said(Struct, frozen=True, array_like=True, gc=False):
    """What the caller said since the last handling; None: not asked, or no answer."""

    reached: bool = False
    satisfied: bool | None = None
    solved: bool | None = None


class OrderState(Struct, frozen=True, array_like=True, gc=False):
    """The life of one order so far."""

    order_id: str
    incident_id: str
    unit: str  # whose order it is; never changes: another unit gets another order
    item: str
    issued_at: int  # ms UTC
    stage: Stage
    clock: Clock
    said: Said = Said()
    asking: bool = False  # an extension was asked for and not answered
    merged_into: str = ""
    stage_before: Stage | None = None  # merged: where an un-merge leads back to
    handed_to: str = ""  # handed_over: unit that got an order of its own
    reworks: int = 0
    history: tuple[Update, ...] = ()  # every step that was taken, in order; only ever appended to

    @property
    def suspended(self) -> bool:
        """Is the clock stopped?"""
        return self.clock.stopped_at is not None

    @property
    def last_at(self) -> int:
        """When the latest step happened; the issue before the first. ms UTC."""
        return self.history[-1].at if self.history else self.issued_at


def issue(order: Order, limit: str, is_workday: IsWorkday) -> OrderState:
    """The state of an order that was just sent; its clock starts with it. Raises DeadlineError on a bad limit."""
    clock = Clock(1, limit, order.issued_at, due_at(limit, order.issued_at, is_workday))
    return OrderState(order.order_id, order.incident_id, order.unit, order.item, order.issued_at, "issued", clock)


def settled_due(clock: Clock, is_workday: IsWorkday) -> int:
    """The due time of a clock from its limit, extensions and ended suspensions, in ms UTC."""
    due = due_at(clock.limit, clock.started_at, is_workday, clock.suspended)
    for extra in clock.extensions:
        due = due_at(extra, due, is_workday, clock.suspended)
    return due


def due_now(state: OrderState, now: int, is_workday: IsWorkday) -> int:
    """The due time as it stands at `now` (ms UTC), with a suspension under way counted up to `now`."""
    clock = state.clock
    if clock.stopped_at is None or now <= clock.stopped_at:
        return clock.due_at
    return settled_due(replace(clock, suspended=(*clock.suspended, (clock.stopped_at, now))), is_workday)
