"""What casework decides, and what it keeps of that: values that go to the state topic and to those who are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from streams.core.acknowledgement import Identity, Pushed
from streams.core.decision import Order
from streams.core.order_book import Entry
from streams.core.order_life import Refusal
from streams.core.order_state import OrderState
from streams.core.supervision import Signal

Word = Literal["applied", "redelivered", "refused"]


class Settled(Struct, frozen=True, gc=False):
    """What became of an answer."""

    word: Word
    refusal: Refusal | None = None
    state: OrderState | None = None  # applied: the order right after the step
    issued: Order | None = None  # handed over: the order of the other unit
    opened_at: int = 0  # ms UTC, of the incident
    acknowledged: Pushed | None = None  # applied: the record with its acknowledgement
    followed: Pushed | None = None  # pushed across because of it


class Place(NamedTuple):
    """Where an answer came from."""

    source: str  # "u": a step of an order, "k": an acknowledgement
    partition: int
    offset: int
    received_at: int  # ms UTC: offsets begin anew where a topic is made anew


class Mark(Struct, frozen=True, array_like=True, gc=False):
    """How far a partition's casework has come."""

    told_until: int = 0  # ms UTC, the latest step of replayed history
    untold: tuple[Signal, ...] = ()  # signals that were decided and perhaps not told


class Change(Struct, frozen=True, gc=False):
    """What has to be durable before anything is told; None is what was forgotten."""

    orders: Mapping[tuple[str, bool], Entry | None]  # by order id and whether it is replayed history
    hand_overs: Mapping[Identity, Pushed | None]
    refusals: Mapping[Place, Refusal | None]
    mark: Mark
