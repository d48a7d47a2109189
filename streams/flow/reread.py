"""A report read again where its record stands in its feed's topic."""

from __future__ import annotations

from streams.core.accept import Envelope
from streams.core.event import Report
from streams.core.normalise import normalise
from streams.flow.brokers import BrokerRecord
from streams.flow.dead_letters import REFUSED_HEADER, between_years
from streams.flow.intake import REPLAY_HEADER
from streams.flow.topics import RECORDS, REPORT_TOPICS
from streams.wire.codec import Codec


def report_in(record: BrokerRecord, codec: Codec) -> tuple[Report, Envelope] | None:
    """What intake makes of a feed's record, personal data in plain included; None for a door's refusal.

    Raises RefusedError as decoding and normalising do.
    """
    names = {name for name, _ in record.headers}
    if REFUSED_HEADER in names:
        return None
    report = normalise(REPORT_TOPICS[record.topic], codec.decode(RECORDS[record.topic], record.value or b""))
    received_at = between_years(record.timestamp_ms)
    return report, Envelope(record.partition, record.offset, received_at, REPLAY_HEADER in names)
