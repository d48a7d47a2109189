"""The one table of topics: what each carries, how urgent it is, and how large a chunk of it may be.

Urgency orders the transport's choice of the next chunk: lower is served first. A chunk bounds how long a more urgent
one may have to wait for the interpreter: at 20 to 60 microseconds a record, 100 reports are about 5 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from msgspec import Struct

from streams.core.event import Feed

POLICE_ALERTS = "police.alerts"
HOTLINE_CALLS = "hotline.calls"
GRID_REPORTS = "grid.reports"
GRID_ALLCLEARS = "grid.allclears"
EVENTS_URGENT = "events.urgent"
EVENTS = "events"
INCIDENTS = "incidents"
ORDERS = "orders"
LEDGER = "ledger"
DEAD_LETTERS = "dead.letters"
HAND_OVERS = "hand.overs"
ORDER_UPDATES = "order.updates"
INCIDENT_CORRECTIONS = "incident.corrections"
HAND_OVER_ACKS = "hand.overs.acks"
CASEWORK = "casework"
CASELOAD = "caseload"
SUPERVISION = "supervision"
SIGNS = "signs"
WARNINGS = "warnings"

#: Topics whose records are reports, and the feed that they belong to.
REPORT_TOPICS: Mapping[str, Feed] = {POLICE_ALERTS: "police", HOTLINE_CALLS: "hotline", GRID_REPORTS: "grid"}
ALL_CLEAR_FEED = "allclears"
#: All topics that tell what happened, by the name under which the account counts them.
FEED_TOPICS: Mapping[str, str] = {**REPORT_TOPICS, GRID_ALLCLEARS: ALL_CLEAR_FEED}
#: Topics on which those answer who were told: units, and the other line. Likewise.
ANSWER_TOPICS: Mapping[str, str] = {ORDER_UPDATES: "order_updates", HAND_OVER_ACKS: "hand_over_acks"}
#: All topics that come in from outside.
SOURCE_TOPICS: Mapping[str, str] = {**FEED_TOPICS, **ANSWER_TOPICS}

#: Avro record of each topic that others read or write.
RECORDS: Mapping[str, str] = {
    POLICE_ALERTS: "PoliceAlert",
    HOTLINE_CALLS: "HotlineCall",
    GRID_REPORTS: "GridReport",
    GRID_ALLCLEARS: "AllClear",
    ORDERS: "Order",
    DEAD_LETTERS: "DeadLetter",
    HAND_OVERS: "HandOver",
    ORDER_UPDATES: "OrderUpdate",
    INCIDENT_CORRECTIONS: "IncidentCorrection",
    HAND_OVER_ACKS: "HandOverAck",
    SUPERVISION: "Supervision",
    WARNINGS: "Warning",
}


class Lane(Struct, frozen=True):
    """How the transport serves a topic."""

    urgency: int
    chunk: int  # records
    linger_ms: int  # how long records of a partition may wait for company after its last chunk, unless that was full


#: Topics that workers consume. A chunk costs about a millisecond whatever it holds, hence the lingering.
LANES: Mapping[str, Lane] = {
    EVENTS_URGENT: Lane(0, 100, 0),  # danger to life, and all of 110
    POLICE_ALERTS: Lane(1, 100, 0),
    EVENTS: Lane(2, 5, 100),  # each holds a chunk's worth of events; one turn of the loop decides on all
    INCIDENT_CORRECTIONS: Lane(3, 20, 0),
    HOTLINE_CALLS: Lane(3, 200, 100),
    GRID_REPORTS: Lane(4, 200, 200),
    CASEWORK: Lane(5, 5, 100),  # each record holds a chunk's worth of papers
    HAND_OVER_ACKS: Lane(5, 100, 100),
    ORDER_UPDATES: Lane(5, 200, 100),
    LEDGER: Lane(6, 50, 200),  # each record holds a chunk's worth of rows
    SIGNS: Lane(7, 100, 300),  # each record holds a chunk's worth of grids
    GRID_ALLCLEARS: Lane(8, 1000, 200),
}

#: Topics that go with the next request to the broker, or with one of their own a little later: nobody waits for them.
UNHURRIED: frozenset[str] = frozenset({LEDGER, SIGNS, CASELOAD})

_DAY_MS = 86_400_000
#: The state of triage: compacted, and dropped when every window (at most 7 days) has surely passed.
_STATE_CONFIG = {"cleanup.policy": "compact,delete", "retention.ms": str(8 * _DAY_MS)}
_CONFIG: Mapping[str, Mapping[str, str]] = {
    INCIDENTS: _STATE_CONFIG,
    #: The state of casework: what has ended is deleted key by key, and an order may be open for as long as it takes.
    CASELOAD: {"cleanup.policy": "compact"},
    SIGNS: {"retention.ms": str(3 * _DAY_MS)},  # the state of presence, which looks two days back
    WARNINGS: {"cleanup.policy": "compact"},  # the state of the warnings: the latest of each for ever
}
#: Topics that hold personal data, in plain or as a caller's hash, only until it has passed through. A segment that
#: still grows cannot be deleted, so it grows for an hour at most.
PASSING: tuple[str, ...] = tuple(topic for topic in (*LANES, DEAD_LETTERS) if topic not in _CONFIG)
_SEGMENT_MS = 3_600_000

ALL_TOPICS: tuple[str, ...] = (*LANES, INCIDENTS, CASELOAD, ORDERS, DEAD_LETTERS, HAND_OVERS, SUPERVISION, WARNINGS)


def config_of(topic: str, feeds_days: int = 7) -> Mapping[str, str]:
    """Kafka's own settings for a topic, where the defaults do not fit; `feeds_days` 0 keeps the feeds for ever."""
    if topic in PASSING:
        return {"retention.ms": str(feeds_days * _DAY_MS or -1), "segment.ms": str(_SEGMENT_MS)}
    return _CONFIG.get(topic, {})


def partition_of(area: str, partitions: int) -> int:
    """Partition of the events topics that holds a place: by county, so that all reports of one place meet.

    Counties are numbered from 1 within their city, which spreads them evenly; reports of which only the city is known
    share partition 0.
    """
    return int(area[:6]) % partitions if area[4:6] not in ("00", "") else 0


def casework_partition(incident_id: str, partitions: int) -> int:
    """Partition of casework and caseload that holds an incident: all of its orders and hand-overs meet there."""
    return crc32(incident_id.encode()) % partitions
