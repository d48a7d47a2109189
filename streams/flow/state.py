"""The state of triage in Kafka: the compacted topic `incidents`, one record per incident or link, by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

import msgspec

from streams.core.decision import Incident, Link
from streams.core.triage import Desk
from streams.flow.batches import Outgoing

_INCIDENT, _LINK = b"i", b"l"  # first byte of a key: what the record is
_encoder = msgspec.msgpack.Encoder()
_incidents = msgspec.msgpack.Decoder(Incident)
_links = msgspec.msgpack.Decoder(Link)


def state_records(incidents: Iterable[Incident], links: Iterable[Link]) -> list[Outgoing]:
    """Records that make changes durable, what belongs to an incident side by side.

    Encoded now, so that later changes to an incident do not leak in.
    """
    linked: dict[str, list[Outgoing]] = defaultdict(list)
    for link in links:
        linked[link.incident_id].append((_LINK + link.event_id.encode(), _encoder.encode(link)))
    records: list[Outgoing] = []
    for incident in incidents:
        records += linked.pop(incident.incident_id, ())
        records.append((_INCIDENT + incident.incident_id.encode(), _encoder.encode(incident)))
    return [*chain.from_iterable(linked.values()), *records]


class StateLog:
    """What the state topic says, while it is read: the latest of each incident and link, in order of first mention."""

    def __init__(self) -> None:
        self._incidents: dict[bytes, Incident] = {}
        self._links: dict[bytes, Link] = {}

    def read(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record. A revision that is older than one read before was overtaken on its way and is ignored."""
        if not key or value is None:
            return
        if key[:1] == _LINK:
            self._links[key] = _links.decode(value)
        elif key[:1] == _INCIDENT:
            incident = _incidents.decode(value)
            known = self._incidents.get(key)
            if known is None or known.revision <= incident.revision:
                self._incidents[key] = incident

    def value(self, key: bytes) -> bytes | None:
        """The latest value of a key, None where there is none."""
        found = self._links.get(key) or self._incidents.get(key)
        return _encoder.encode(found) if found else None

    def restore(self, desk: Desk) -> None:
        """Put everything into an empty desk."""
        desk.open.restore(self._incidents.values(), self._links.values())
