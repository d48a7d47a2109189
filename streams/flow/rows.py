"""Rows of the ledger, in the order of `streams.warehouse.tables`."""

from __future__ import annotations

from typing import Any

from streams.core.casework import Acked, Answered
from streams.core.correction import Correction
from streams.core.decision import Decision, Incident, Order
from streams.core.event import Event
from streams.core.handover import HandOver
from streams.flow.dead_letters import DeadLetter
from streams.flow.topics import ANSWER_TOPICS, HAND_OVER_ACKS, ORDER_UPDATES

Row = tuple[Any, ...]


def event_row(log_id: str, event: Event, decision: Decision, version: int) -> Row:
    """Row of `events`; `version` is the offset in the events topic. A redelivery's text is not kept a second time."""
    e = event
    again = decision.outcome == "redelivered"
    return (
        log_id, e.feed, e.source_partition, e.source_offset, e.event_id, decision.outcome,
        decision.incident.incident_id if decision.incident else "", decision.repeat, e.occurred_at, e.received_at,
        e.area, e.placed_by, e.ambiguous, e.lon, e.lat, e.item, e.classified_by, e.score, "; ".join(e.reasons),
        "; ".join(decision.reasons), e.urgency, e.life_safety, "" if again else e.text, "" if again else e.address,
        e.caller, e.self_handled, e.catalogue, e.replayed, version, e.wish, e.source_code, e.model,
    )


def incident_row(i: Incident) -> Row:
    """Row of `incidents`."""
    return (
        i.incident_id, i.item, i.area, i.lon, i.lat, i.first_at, i.last_at, i.opened_at, i.reports, i.feeds, i.repeats,
        i.urgency, i.life_safety, i.lead, i.assists, i.rule, i.due_at, i.closed, i.text, i.address, i.revision,
    )


def order_row(o: Order, opened_at: int) -> Row:
    """Row of `orders`; `opened_at` is the incident's."""
    return (
        o.order_id, o.incident_id, o.unit, o.role, o.round, o.revision, o.feed, o.item, o.area, o.lon, o.lat, o.urgency,
        o.life_safety, o.reports, opened_at, o.received_at, o.issued_at, o.due_at, o.rule,
    )


def hand_over_row(h: HandOver, opened_at: int) -> Row:
    """Row of `hand_overs`; `opened_at` is the incident's."""
    return (
        h.incident_id, h.from_line, h.to_line, h.reason, opened_at, h.pushed_at, h.acknowledged_at,
        1 if h.acknowledged_at is None else 2,
    )


def receipt_row(log_id: str, paper: Answered | Acked, outcome: str) -> Row:
    """Row of `receipts` for an answer that was not refused."""
    topic, said = (ORDER_UPDATES, paper.update) if isinstance(paper, Answered) else (HAND_OVER_ACKS, paper.ack)
    return (log_id, ANSWER_TOPICS[topic], said.partition, said.offset, outcome, paper.received_at)


def latency_row(event: Event, decided_at: int, ordered_at: int | None) -> Row:
    """Row of `latencies`; times in ms UTC, `ordered_at` None when no order followed."""
    since = event.received_at
    return (
        event.event_id, event.feed, event.urgency, event.life_safety, since, event.accepted_at - since,
        decided_at - since, None if ordered_at is None else ordered_at - since,
    )


def correction_row(
    log_id: str, partition: int, offset: int, correction: Correction, outcome: str, received_at: int
) -> Row:
    """Row of `incident_corrections`; `received_at` in ms UTC."""
    c = correction
    return (
        log_id, partition, offset, c.number, c.event_id, c.incident_id, outcome, c.by, c.reason, c.at, received_at,
    )  # fmt: skip


def dead_letter_row(letter: DeadLetter) -> Row:
    """Row of `dead_letters`."""
    d = letter
    return (
        d.log_id, d.feed, d.source_partition, d.source_offset, d.reason, d.detail, d.preview, d.file or "", d.line or 0,
        d.received_at, "open", 1,
    )
