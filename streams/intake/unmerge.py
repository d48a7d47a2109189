"""`sanwang unmerge`: a correction of matching, from what ClickHouse knows of the report to its topic."""

from __future__ import annotations

from streams.config import Settings
from streams.core.localtime import from_ms
from streams.errors import SanwangError
from streams.flow.topics import INCIDENT_CORRECTIONS, RECORDS
from streams.intake.sender import Sender
from streams.warehouse.asking import Asking
from streams.wire.codec import Codec
from streams.wire.source import source_at

_KNOWN = """
SELECT incident_id, area, outcome FROM sanwang.events FINAL
WHERE event_id = {event_id:String} AND outcome != 'redelivered' ORDER BY received_at DESC LIMIT 1
"""


async def unmerge(settings: Settings, event_id: str, by: str, reason: str, now: int) -> str:
    """Say that a report does not belong to its incident; returns that incident's id once Kafka has the correction.

    `now` is in ms UTC. Raises SanwangError for a report that is unknown or opened its incident, and as the warehouse
    and the broker do.
    """
    known = Asking(settings.clickhouse).query(_KNOWN, {"event_id": event_id})
    if not known:
        raise SanwangError(f"there is no report {event_id!r}; ids are feed:number, as in hotline:W0003")
    incident_id, area, outcome = known[0]
    if outcome != "linked":
        raise SanwangError(f"{event_id} opened its incident: take the other reports off it instead")
    record = {
        "number": f"{event_id}@{now}", "event_id": event_id, "incident_id": incident_id, "area": area,
        "corrected_at": from_ms(now), "by": by, "reason": reason or None,
    }  # fmt: skip
    value = Codec(source_at(settings.registry.url)).encode(RECORDS[INCIDENT_CORRECTIONS], record)
    async with Sender(settings.kafka, (INCIDENT_CORRECTIONS,)) as sender:
        await sender.add(INCIDENT_CORRECTIONS, event_id.encode(), value)
        await sender.flush()
    return str(incident_id)
