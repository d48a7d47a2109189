"""Hand-overs between 12345 and 110 as records: found among decisions, pushed to their topic, one row each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.core.catalogue import OTHER, Item
from streams.core.decision import Decision
from streams.core.event import Event
from streams.core.handover import HandOver, hand_over
from streams.flow.batches import Outgoing
from streams.flow.publisher import Publisher
from streams.flow.rows import Row, hand_over_row
from streams.flow.topics import HAND_OVERS
from streams.wire.codec import Codec

Found = tuple[HandOver, int]  # with the time at which its incident was opened


class HandOvers:
    """The part of triage that tells the other line."""

    def __init__(self, items: Mapping[str, Item], codec: Codec, publisher: Publisher) -> None:
        self._items = items
        self._codec = codec
        self._publisher = publisher

    def find(self, decided: Iterable[tuple[Event, Decision, int]], now: int) -> list[Found]:
        """What must be pushed because of new incidents, and of reports that gave an open one new orders.

        Told again, for a further report of the same danger or after a crash, a record replaces itself.
        """
        found: dict[tuple[str, str, str, str], Found] = {}
        for event, decision, _ in decided:
            incident = decision.incident
            if incident is None or not (decision.outcome == "new" or decision.orders):
                continue
            item = self._items.get(event.item) or self._items[OTHER]
            pushed = hand_over(event, item, incident, event.clock if event.replayed else now)
            if pushed is not None:
                identity = (pushed.incident_id, pushed.from_line, pushed.to_line, pushed.reason)
                found.setdefault(identity, (pushed, incident.opened_at))
        return list(found.values())

    async def push(self, found: Sequence[Found]) -> None:
        """Send the records, by incident; returns when the broker has confirmed them."""
        batches: dict[int, list[Outgoing]] = defaultdict(list)
        for pushed, _ in found:
            key = pushed.incident_id.encode()
            record = self._codec.encode("HandOver", msgspec.structs.asdict(pushed))
            batches[self._publisher.partition_of(key)].append((key, record))
        await self._publisher.send_all(HAND_OVERS, batches)

    @staticmethod
    def rows(found: Sequence[Found]) -> list[Row]:
        """Rows of `hand_overs`."""
        return [hand_over_row(pushed, opened_at) for pushed, opened_at in found]
