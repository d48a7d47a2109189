"""What triage decided: incidents, orders, and the outcome of each event."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Outcome = Literal["new", "linked", "redelivered"]


class Route(Struct, frozen=True, gc=False):
    """Who must act on a matter, and which rule said so."""

    lead: str  # unit code
    assists: tuple[str, ...]  # unit codes, never the lead
    rule: str  # the rule that matched, readable
    due_at: int  # ms UTC
    lead_sector: str = ""


class Incident(Struct, array_like=True, gc=False):
    """One real-world matter. Mutable only inside the triage state of its partition; stored as a MessagePack array."""

    incident_id: str  # id of its first event
    source_partition: int  # position of its first event's record in the feed
    source_offset: int
    caller: int  # of its first event, 0 when unknown
    item: str
    area: str
    lon: float | None
    lat: float | None
    first_at: int  # ms UTC, event time of the first and of the latest report
    last_at: int
    opened_at: int  # ms UTC, clock of the first event
    touched: int  # the partition's latest clock when this incident was last changed: its window runs from here
    reports: int
    feeds: int  # bit 1 hotline, 2 police, 4 grid
    repeats: int  # reports by a caller who had reported this matter before
    urgency: int
    life_safety: bool
    lead: str
    assists: tuple[str, ...]
    rule: str
    due_at: int
    closed: bool  # settled on the spot by the grid worker
    revision: int  # counts every change; the highest is the truth
    text: str  # beginning of the first report's scrubbed text, for comparison
    address: str
    serial: int = 0  # counts the incidents opened in this partition: their order, also after a rebuild


class Link(Struct, frozen=True, array_like=True, gc=False):
    """A later report joined to an incident; kept so that a replay tells the same story."""

    event_id: str
    incident_id: str
    source_partition: int
    source_offset: int
    caller: int
    repeat: bool
    reasons: tuple[str, ...]


class Order(Struct, frozen=True, array_like=True, gc=False):
    """One task given to one unit for one incident (工单)."""

    order_id: str  # incident id + "/" + unit + "/" + round
    incident_id: str
    unit: str
    role: Literal["lead", "assist"]
    round: int  # 1 for the first dispatch to that unit, counted up on a new dispatch
    revision: int  # of the incident when it was sent: a later revision of the same order adds information
    feed: str  # of the report that caused it
    item: str
    area: str
    lon: float | None
    lat: float | None
    urgency: int
    life_safety: bool
    reports: int
    received_at: int  # ms UTC, of the report that caused it; of history fed in again, when it occurred
    issued_at: int
    due_at: int
    rule: str
    text: str
    address: str


class Decision(Struct, frozen=True, gc=False):
    """What triage made of one event."""

    outcome: Outcome
    incident: Incident | None  # None only for a redelivery whose incident is no longer open
    orders: tuple[Order, ...] = ()
    repeat: bool = False
    reasons: tuple[str, ...] = ()
