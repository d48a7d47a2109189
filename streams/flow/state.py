"""The state of triage in Kafka: the compacted topic `incidents`, one record per incident or link, by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain

import msgspec

from streams.core.decision import Incident, Link
from streams.core.sharing import Sharing
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
        self._incidents: dict[str, Incident] = {}
        self._links: dict[str, Link] = {}
        self._sharing = Sharing()  # from the first on: what a million values took once would stay taken

    def read(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record. A revision that is older than one read before was overtaken on its way and is ignored."""
        if not key or value is None:
            return
        if key[:1] == _LINK:
            link = _links.decode(value)
            self._links[link.event_id] = link
        elif key[:1] == _INCIDENT:
            incident = _incidents.decode(value)
            known = self._incidents.get(incident.incident_id)
            if known is None or known.revision <= incident.revision:
                self._sharing.apply(incident)
                self._incidents[incident.incident_id] = incident

    def value(self, key: bytes) -> bytes | None:
        """The latest value of a key, None where there is none."""
        kept: Mapping[str, Incident | Link] = self._links if key[:1] == _LINK else self._incidents
        found = kept.get(key[1:].decode())
        return _encoder.encode(found) if found else None

    def restore(self, desk: Desk) -> None:
        """Put everything into an empty desk."""
        desk.open.restore(self._incidents.values(), self._links.values())
