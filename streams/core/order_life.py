"""The life of an order: one table of transitions, and the rules around it.

A step that the table does not allow is refused with a reason and changes nothing. "Closed" says that no more work is
expected; whether the matter is solved is for the caller to say, and both are kept apart. A merged order keeps its own
number, so that its own caller can still be answered.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from streams.core.deadline import SECOND, DeadlineError, IsWorkday, due_at, parse_limit
from streams.core.order_state import OPEN, Clock, OrderState, Said, Stage, settled_due
from streams.core.order_update import NEEDS, Step, Update

MAX_EARLY_MS = 10 * 60_000  # a source's clock may run ahead by this much

#: (stage, step) -> stage after it.
TRANSITIONS: Mapping[tuple[Stage, Step], Stage] = {
    ("issued", "accepted"): "accepted",  # the unit takes the order as its own
    ("issued", "returned"): "returned",  # not its own, seen at once
    ("issued", "arrived"): "arrived",  # a patrol is there before it has clicked: arriving is accepting
    ("issued", "in_hand"): "in_hand",  # likewise for work at a desk
    ("issued", "handed_over"): "handed_over",  # the dispatcher sends it elsewhere before anybody took it
    ("issued", "merged"): "merged",  # the same matter as an order that goes on
    ("accepted", "returned"): "returned",  # not its own, seen on reading
    ("accepted", "arrived"): "arrived",  # somebody is at the place
    ("accepted", "in_hand"): "in_hand",  # work has begun, nobody needs to go
    ("accepted", "handled"): "handled",  # answered from the desk
    ("accepted", "handed_over"): "handed_over",  # too large for this unit, or half another's
    ("accepted", "merged"): "merged",
    ("arrived", "returned"): "returned",  # not its own, seen on the spot
    ("arrived", "in_hand"): "in_hand",  # it takes longer than one visit
    ("arrived", "handled"): "handled",  # settled on the spot
    ("arrived", "handed_over"): "handed_over",  # first aid given, the rest is another's
    ("arrived", "merged"): "merged",
    ("in_hand", "arrived"): "arrived",  # a further visit
    ("in_hand", "handled"): "handled",  # done, as the unit says
    ("in_hand", "handed_over"): "handed_over",  # could not be solved here: it climbs, or moves on
    ("in_hand", "merged"): "merged",
    ("handled", "verified"): "verified",  # somebody else has seen that it is done
    ("handled", "reopened"): "in_hand",  # seen, or said by the caller, not to be done
    ("handled", "closed"): "closed",  # nobody needs to look
    ("verified", "reopened"): "in_hand",  # looked done, was not
    ("verified", "closed"): "closed",
    ("closed", "reopened"): "in_hand",  # it came back, or was never solved
    ("returned", "handed_over"): "handed_over",  # the dispatcher found the unit whose it is
    ("returned", "merged"): "merged",  # the dispatcher found the order that it belongs to
    # ("merged", "unmerged") leads back to the stage before the merge: see `_unmerge`
}

#: Steps that leave the stage as it is, and the stages in which they may be taken.
_ASIDE: Mapping[Step, frozenset[Stage]] = {
    "extension_asked": frozenset({"accepted", "arrived", "in_hand"}),
    "extension_granted": OPEN,
    "extension_refused": OPEN,
    "suspended": frozenset({"accepted", "arrived", "in_hand"}),
    "resumed": OPEN,
    "recategorised": OPEN | {"returned"},  # a return often says that the item was wrong
    "caller_reached": frozenset({"accepted", "arrived", "in_hand", "handled", "verified", "closed", "merged"}),
    "satisfied": frozenset({"handled", "verified", "closed", "merged"}),  # of work that is said to be done
    "dissatisfied": frozenset({"handled", "verified", "closed", "merged"}),
    "solved": frozenset({"handled", "verified", "closed", "merged"}),
    "unsolved": frozenset({"handled", "verified", "closed", "merged"}),
}
#: What may happen while the clock is stopped; everything else has to wait for `resumed`.
_WHILE_SUSPENDED: frozenset[Step] = frozenset({
    "resumed", "caller_reached", "recategorised", "extension_granted", "extension_refused", "handed_over", "merged",
})  # fmt: skip
#: Steps that only the unit itself can take, and steps that it cannot take on its own work.
_OWN: frozenset[Step] = frozenset({
    "accepted", "returned", "arrived", "in_hand", "extension_asked", "suspended", "resumed", "handled",
})  # fmt: skip
_NOT_OWN: frozenset[Step] = frozenset({"extension_granted", "extension_refused", "verified"})
_OPINIONS: Mapping[Step, tuple[str, bool]] = {
    "satisfied": ("satisfied", True), "dissatisfied": ("satisfied", False),
    "solved": ("solved", True), "unsolved": ("solved", False),
}  # fmt: skip


class Refusal(Struct, frozen=True):
    """Why a step was not taken; `reason` is one of a fixed set of short words (it is a metric label)."""

    reason: str
    detail: str  # without personal data


class OrderLife:
    """The rules of order life for one city."""

    def __init__(self, limits: Mapping[str, str], is_workday: IsWorkday) -> None:
        """`limits` are the catalogue's time limits by item code."""
        self._limits = limits
        self._is_workday = is_workday

    def apply(self, state: OrderState, update: Update, now: int) -> OrderState | Refusal:
        """The state after a step, or why it was refused; the same state when the step was taken before.

        `now` (ms UTC) bounds how far ahead the source's clock may be. Refusals: other_order, incomplete, bad_time,
        out_of_order, not_the_unit, own_work, suspended, not_suspended, not_allowed, not_asked, asked_already,
        after_due, caller_not_reached, unknown_item, bad_limit, same_unit, into_itself.
        """
        if any(known.number == update.number for known in state.history):
            return state
        refusal = _misfit(state, update, now) or _forbidden(state, update)
        if refusal:
            return refusal
        after = self._step(state, update)
        return after if isinstance(after, Refusal) else replace(after, history=(*state.history, update))

    def _step(self, state: OrderState, update: Update) -> OrderState | Refusal:
        step = update.step
        if step in _OPINIONS:
            field, value = _OPINIONS[step]
            return replace(state, said=replace(state.said, **{field: value}))
        if step == "caller_reached":
            return replace(state, said=replace(state.said, reached=True))
        if step == "unmerged":
            return _unmerge(state, update, self._is_workday)
        if step in _ASIDE:
            return self._turn_clock(state, update)
        moved = replace(state, stage=TRANSITIONS[state.stage, step])
        if step == "reopened":
            return self._reopen(moved, update)
        if step == "merged":
            stopped = state.clock.stopped_at if state.suspended else update.at  # its unit need not act any more
            clock = replace(state.clock, stopped_at=stopped)
            return replace(moved, merged_into=update.into, stage_before=state.stage, clock=clock)
        return replace(moved, handed_to=update.unit) if step == "handed_over" else moved

    def _turn_clock(self, state: OrderState, update: Update) -> OrderState | Refusal:
        clock = state.clock
        match update.step:
            case "extension_asked":
                return replace(state, asking=True)
            case "extension_refused":
                return replace(state, asking=False)
            case "extension_granted":
                longer = replace(clock, number=clock.number + 1, extensions=(*clock.extensions, update.limit))
                return replace(state, asking=False, clock=_settle(longer, self._is_workday))
            case "suspended":
                return replace(state, clock=replace(clock, stopped_at=update.at))
            case "resumed":
                return replace(state, clock=_start_again(clock, update.at, self._is_workday))
            case _:
                return self._recategorise(state, update)

    def _recategorise(self, state: OrderState, update: Update) -> OrderState | Refusal:
        """Another item: the due time is that of its limit, from the same start; time that stood still still does."""
        limit = self._limits.get(update.item)
        if limit is None:
            return Refusal("unknown_item", f"item {update.item} is not in the catalogue")
        clock = replace(state.clock, number=state.clock.number + 1, limit=limit, extensions=())
        return replace(state, item=update.item, asking=False, clock=_settle(clock, self._is_workday))

    def _reopen(self, state: OrderState, update: Update) -> OrderState:
        """Work begins again: with a whole limit from now on, and what the caller said of the last work is over."""
        clock = state.clock
        due = due_at(clock.limit, update.at, self._is_workday)
        fresh = Clock(clock.number + 1, clock.limit, update.at, due)
        return replace(state, clock=fresh, said=Said(), asking=False, reworks=state.reworks + 1)


def _misfit(state: OrderState, update: Update, now: int) -> Refusal | None:
    """What is wrong with an update whatever the stage."""
    needed = NEEDS.get(update.step)
    if update.order_id != state.order_id:
        return Refusal("other_order", f"the update is for {update.order_id}, the state is of {state.order_id}")
    if needed and not getattr(update, needed):
        return Refusal("incomplete", f"{update.step} needs its {needed}")
    if update.at > now + MAX_EARLY_MS:
        return Refusal("bad_time", f"happens {(update.at - now) // 60_000} min after now")
    if update.at < state.last_at // SECOND * SECOND:  # sources tell whole seconds
        return Refusal("out_of_order", f"happened {(state.last_at - update.at) // 1000} s before the latest step")
    if update.step in _OWN and update.by != state.unit:
        return Refusal("not_the_unit", f"{update.step} is for {state.unit} to say, not for {update.by}")
    if update.step in _NOT_OWN and update.by == state.unit:
        return Refusal("own_work", f"{update.by} cannot say {update.step} of its own order")
    return None


def _forbidden(state: OrderState, update: Update) -> Refusal | None:
    """Whether the stage, the clock and the caller's side allow the step."""
    step, stage = update.step, state.stage
    if step == "unmerged" and stage == "merged":
        return None
    if state.suspended and stage != "merged" and step not in _WHILE_SUSPENDED:
        return Refusal("suspended", f"{step} has to wait until the order is resumed")
    if (stage, step) not in TRANSITIONS and stage not in _ASIDE.get(step, ()):
        return Refusal("not_allowed", f"{step} is no step of an order that is {stage}")
    if step in _OPINIONS and not state.said.reached:
        return Refusal("caller_not_reached", f"{step} is for the caller to say, who was not reached")
    if step == "resumed" and not state.suspended:
        return Refusal("not_suspended", "the clock is running")
    if step == "handed_over" and update.unit == state.unit:
        return Refusal("same_unit", f"{update.unit} has this order already")
    if step == "merged" and update.into == state.order_id:
        return Refusal("into_itself", "an order cannot be merged into itself")
    return _forbidden_extension(state, update)


def _forbidden_extension(state: OrderState, update: Update) -> Refusal | None:
    step = update.step
    if step == "extension_asked" and state.asking:
        return Refusal("asked_already", "an extension was asked for and not answered")
    if step == "extension_asked" and update.at > state.clock.due_at:
        return Refusal("after_due", "an extension has to be asked for before the due time")
    if step in ("extension_granted", "extension_refused") and not state.asking:
        return Refusal("not_asked", "no extension was asked for")
    if step == "extension_granted":
        try:
            parse_limit(update.limit)
        except DeadlineError:
            return Refusal("bad_limit", "the added time is no time limit like 4h or 5wd")
    return None


def _unmerge(state: OrderState, update: Update, is_workday: IsWorkday) -> OrderState:
    """It was another matter after all: back to where it was. The time in between is not counted against its unit."""
    clock = _start_again(state.clock, update.at, is_workday)
    return replace(state, stage=state.stage_before or "issued", stage_before=None, merged_into="", clock=clock)


def _start_again(clock: Clock, at: int, is_workday: IsWorkday) -> Clock:
    begin = at if clock.stopped_at is None else clock.stopped_at
    return _settle(replace(clock, suspended=(*clock.suspended, (begin, at)), stopped_at=None), is_workday)


def _settle(clock: Clock, is_workday: IsWorkday) -> Clock:
    return replace(clock, due_at=settled_due(clock, is_workday))
