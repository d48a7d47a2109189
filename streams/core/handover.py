"""Hand-over between 12345 and 110: which records must be pushed across, in which direction, and why.

Source of the rules: the practice of the field after 国办发〔2022〕12号, as far as it is public. 110 keeps crime, public
order, traffic, and danger to people, property or order; 12345 keeps what is not urgent in economy, market, society,
public service and environment. What is clearly on the wrong line is transferred at once; danger goes to 110 at once,
whoever heard of it; a dispute that may turn violent goes to the police first and then to mediation in place; what is
unclear stays with the line that took it. Records are pushed, not calls, with the times of push and acknowledgement.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.core.catalogue import OTHER, Item
from streams.core.deadline import SECOND
from streams.core.decision import Incident
from streams.core.event import Event, Feed
from streams.core.match import FEED_BIT
from streams.errors import SanwangError

Line = Literal["12345", "110", "grid"]
Reason = Literal[
    "danger",  # danger to life, now: 110 sends first
    "violence",  # a dispute that may turn violent: the police first
    "police_matter",  # 110's own on another line: transferred at once
    "mediation",  # a dispute that the police have come to: mediated in place
    "not_police",  # a service matter on 110: transferred to its owner through 12345
]

LINE_OF: dict[Feed, Line] = {"hotline": "12345", "police": "110", "grid": "grid"}
_FEED_OF: dict[Line, Feed] = {line: feed for feed, line in LINE_OF.items()}
DISPUTES = "矛盾纠纷"  # the catalogue's domain of them
SERVICES = "60"  # 110's block of type codes for social services, which 12345 serves
SURE = 0.5  # score by text below which it is unclear what a report is about


class HandOver(Struct, frozen=True, array_like=True):
    """One record pushed from one line to another; its identity is all but the two times (ms UTC)."""

    incident_id: str
    from_line: Line
    to_line: Line
    reason: Reason
    pushed_at: int
    acknowledged_at: int | None = None


def hand_over(event: Event, item: Item, incident: Incident, now: int) -> HandOver | None:
    """The record that an event of `item` makes necessary, pushed at `now`; None if it stays where it is.

    A line that has itself reported the incident needs no push, and what the grid has settled on the spot stays there
    unless life is in danger.
    """
    reason = _to_police(event, item, incident) if event.feed != "police" else _from_police(event, item)
    if reason is None:
        return None
    to: Line = "12345" if event.feed == "police" else "110"
    if incident.feeds & FEED_BIT[_FEED_OF[to]]:
        return None
    return HandOver(incident.incident_id, LINE_OF[event.feed], to, reason, now)


def acknowledge(pushed: HandOver, at: int) -> HandOver:
    """The record as the other line has taken it. Raises SanwangError for a time before the push, or a second time."""
    if pushed.acknowledged_at is not None:
        raise SanwangError(f"{pushed.incident_id}: {pushed.to_line} has acknowledged this record before")
    if at < pushed.pushed_at // SECOND * SECOND:  # sources tell whole seconds
        raise SanwangError(f"{pushed.incident_id}: acknowledged before it was pushed")
    return replace(pushed, acknowledged_at=at)


def follow_up(done: HandOver, now: int) -> HandOver | None:
    """What comes after an acknowledged record: a dispute that the police were called to goes back for mediation."""
    if done.reason != "violence" or done.acknowledged_at is None:
        return None
    return HandOver(done.incident_id, done.to_line, "12345", "mediation", now)


def _to_police(event: Event, item: Item, incident: Incident) -> Reason | None:
    if item.domain == DISPUTES and (event.life_safety or event.urgency == 1):
        return "violence"
    if event.life_safety:
        return "danger"
    if incident.closed or not _is_clear(event, item):
        return None
    return "police_matter" if item.channel == "110" else None


def _from_police(event: Event, item: Item) -> Reason | None:
    if item.domain == DISPUTES and item.code != OTHER and _is_clear(event, item):
        return "mediation"
    if event.life_safety or event.urgency == 1:
        return None
    if event.source_code.startswith(SERVICES):
        return "not_police"
    return "not_police" if item.channel != "110" and _is_clear(event, item) else None


def _is_clear(event: Event, item: Item) -> bool:
    """Is it known what the report is about: by its code, or by more than a hint in its text?"""
    return item.code != OTHER and (event.classified_by == "code" or event.score >= SURE)
