"""Papers on their way to casework: by incident, a chunk's worth per record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Iterable, Sequence
from itertools import chain

import msgspec

from streams.core.acknowledgement import Pushed
from streams.core.casework import Issued, Paper, Sent
from streams.core.decision import Decision
from streams.core.event import Event
from streams.core.handover import HandOver
from streams.flow.batches import Outgoing
from streams.flow.convoy import Convoy
from streams.flow.publisher import Publisher
from streams.flow.topics import CASEWORK, casework_partition

PAPERS_PER_RECORD = 100
PAPERS_AT_ONCE = 1_000
MAX_RECORD_BYTES = 400_000
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Paper])


def encode_papers(papers: Sequence[Paper]) -> list[Outgoing]:
    """Records of the casework topic: up to PAPERS_PER_RECORD papers each, fewer when their texts are long."""
    records: list[Outgoing] = []
    for start in range(0, len(papers), PAPERS_PER_RECORD):
        part = papers[start : start + PAPERS_PER_RECORD]
        data = _encoder.encode(part)
        if len(data) > MAX_RECORD_BYTES and len(part) > 1:
            records += encode_papers(part[: len(part) // 2]) + encode_papers(part[len(part) // 2 :])
        else:
            records.append((None, data))
    return records


def decode_papers(value: bytes) -> list[Paper]:
    """The papers of one record."""
    return _decoder.decode(value)


class Casework:
    """Sends papers to the partitions in which their incidents are followed up."""

    def __init__(self, partitions: int, publisher: Publisher) -> None:
        self._partitions = partitions
        self._publisher = publisher
        self._begun: Convoy[Sequence[tuple[str, Paper]]] = Convoy(self._send_together, PAPERS_AT_ONCE)

    async def send(self, papers: Iterable[tuple[str, Paper]]) -> None:
        """Send papers, each with the id of its incident; returns when the broker has confirmed them."""
        by_partition: dict[int, list[Paper]] = defaultdict(list)
        for incident_id, paper in papers:
            by_partition[casework_partition(incident_id, self._partitions)].append(paper)
        records = {partition: encode_papers(group) for partition, group in by_partition.items()}
        # One record of a partition after the other: a send that is repeated may be overtaken, and steps must not be.
        for turn in range(max(map(len, records.values()), default=0)):
            each = {partition: part[turn : turn + 1] for partition, part in records.items() if part[turn:]}
            await self._publisher.send_all(CASEWORK, each)

    def begin(
        self, decided: Iterable[tuple[Event, Decision, int]], pushed: Iterable[tuple[HandOver, int]], now: int
    ) -> Awaitable[None]:
        """Send what triage sends out: orders, and records pushed across with the times at which they were opened.

        After what earlier calls began; to be awaited before the units have their orders, so that no answer can be there
        earlier.
        """
        papers: list[tuple[str, Paper]] = []
        latest = {d.incident.incident_id: (d.incident.opened_at, event.replayed, d.orders)
                  for event, d, _ in decided if d.orders and d.incident}  # fmt: skip
        for incident_id, (opened_at, replayed, orders) in latest.items():
            papers += [(incident_id, Issued(order, opened_at, replayed)) for order in orders]
        for record, opened_at in pushed:
            papers.append((record.incident_id, Sent(Pushed(record, opened_at, now))))
        return self._begun.put(papers, len(papers))

    async def _send_together(self, begun: Sequence[Sequence[tuple[str, Paper]]]) -> None:
        await self.send(chain.from_iterable(begun))
