"""What goes into the casework of a partition: what was sent out for its incidents, and what came back."""

from __future__ import annotations

from msgspec import Struct

from streams.core.acknowledgement import Ack, Pushed
from streams.core.decision import Order
from streams.core.order_update import Update
from streams.errors import SanwangError


class Issued(Struct, frozen=True, array_like=True, tag="i", gc=False):
    """An order that triage sends."""

    order: Order
    opened_at: int  # ms UTC, of its incident
    replayed: bool  # history fed in again: its clock is event time


class Sent(Struct, frozen=True, array_like=True, tag="s", gc=False):
    """A record that triage pushes across."""

    pushed: Pushed


class Answered(Struct, frozen=True, array_like=True, tag="a", gc=False):
    """A step of an order, as it came in."""

    update: Update
    received_at: int  # ms UTC
    replayed: bool

    @property
    def now(self) -> int:
        """The moment at which the step is judged; told again, it is judged at the same."""
        return self.update.at if self.replayed else self.received_at


class Acked(Struct, frozen=True, array_like=True, tag="k", gc=False):
    """An acknowledgement of a hand-over, as it came in."""

    ack: Ack
    received_at: int  # ms UTC
    replayed: bool

    @property
    def now(self) -> int:
        """The moment at which it is judged; told again, it is judged at the same."""
        return self.ack.at if self.replayed else self.received_at


Paper = Issued | Sent | Answered | Acked


def incident_of(order_id: str) -> str:
    """The incident in an order's id (incident, unit and round, joined by slashes).

    Raises SanwangError for what is no order's id.
    """
    parts = order_id.rsplit("/", 2)
    if len(parts) != 3 or not all(parts):
        raise SanwangError(f"an order's id has an incident, a unit and a round, this one has {len(parts)} parts")
    return parts[0]
