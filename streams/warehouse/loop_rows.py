"""Rows of the closed loop's tables, in the order of `streams.warehouse.tables`."""

from __future__ import annotations

from streams.core.order_state import OrderState
from streams.core.supervision import Signal
from streams.core.warnings import ColourWarning
from streams.warehouse.port import Row


def step_row(state: OrderState) -> Row:
    """Row of `order_steps` for the latest step of a state, with the stage and due time after it."""
    update = state.history[-1]
    return (
        state.order_id, update.number, len(state.history), update.step, update.at, update.by, update.reason,
        update.unit if update.step == "handed_over" else "", update.into if update.step == "merged" else "",
        update.item if update.step == "recategorised" else "", state.stage, state.clock.due_at, state.issued_at,
    )  # fmt: skip


def signal_row(signal: Signal, to_unit: str) -> Row:
    """Row of `supervision`; `to_unit` is who is told: the unit itself, or the one above to which it escalates."""
    return (
        signal.signal_id, signal.kind, signal.order_id, signal.unit, to_unit, signal.level, signal.at, signal.due_at
    )  # fmt: skip


def warning_row(warning: ColourWarning) -> Row:
    """Row of `warnings` for the change that a warning has just gone through."""
    sight = warning.sight
    return (
        warning.warning_id, warning.revision, warning.change, sight.subject, sight.place, sight.kind,
        int(warning.colour), sight.count, sight.expected, warning.raised_at, sight.at,
    )  # fmt: skip
