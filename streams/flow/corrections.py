"""Corrections of matching: a report is split off its incident at its desk, and told like any other decision.

The report is read again where it stands in its feed, so nothing has to be kept of it beyond its position. Every
correction leaves one row, whether it was done or refused.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from time import time

import structlog
from aiokafka import ConsumerRecord
from faust.types import TP

from streams.core.accept import Door
from streams.core.correction import Correction, joined, left_behind, read_correction
from streams.core.event import Event
from streams.core.triage import Desk
from streams.errors import RefusedError
from streams.flow.batches import Outgoing
from streams.flow.brokers import Broker, BrokerRecord, BrokerUnavailable
from streams.flow.dead_letters import DeadLetter, received_at
from streams.flow.ledger import send_rows
from streams.flow.opinions import Opinions
from streams.flow.publisher import Publisher
from streams.flow.reread import report_in
from streams.flow.rows import Row, correction_row, incident_row
from streams.flow.topics import INCIDENT_CORRECTIONS, RECORDS, REPORT_TOPICS, partition_of
from streams.flow.transport import Chunk
from streams.flow.triage import CORRECTED, Decided, Triage
from streams.wire.codec import Codec

PAUSE_S = 2.0
DONE = "split"
_TOPIC_OF: Mapping[str, str] = {feed: topic for topic, feed in REPORT_TOPICS.items()}
log = structlog.get_logger(__name__)
Read = Callable[[str, int, int], BrokerRecord | None]


def reader(servers: str, security: Mapping[str, object]) -> Read:
    """Reads one record: topic, partition, offset. Blocks; raises BrokerUnavailable."""

    def read(topic: str, partition: int, offset: int) -> BrokerRecord | None:
        with Broker(servers, security) as broker:
            return broker.read(topic, partition, offset)

    return read


class Corrections:
    """The corrections step of a worker: beside triage, on the desks that triage has."""

    def __init__(
        self, log_id: str, partitions: int, codec: Codec, door: Door, opinions: Opinions, publisher: Publisher,
        triage: Triage, read: Read,
    ) -> None:  # fmt: skip
        self._log_id = log_id
        self._partitions = partitions
        self._codec = codec
        self._door = door
        self._opinions = opinions
        self._publisher = publisher
        self._triage = triage
        self._read = read

    async def step(self, chunk: Chunk) -> None:
        """Correct; returns when decisions, orders and rows are confirmed. Those of other desks are sent on to them."""
        elsewhere: dict[int, list[Outgoing]] = defaultdict(list)
        for record in chunk.records:
            try:
                correction = read_correction(self._codec.decode(RECORDS[INCIDENT_CORRECTIONS], record.value or b""))
            except RefusedError as error:
                unread = Correction(f"{record.partition}/{record.offset}", "", "", "", received_at(record), "")
                await self._note(record, unread, error.reason)
                continue
            home = partition_of(correction.area, self._partitions)
            if home == record.partition:
                await self._correct(record, correction)
            else:
                elsewhere[home].append((record.key, record.value or b""))
        await self._publisher.send_all(INCIDENT_CORRECTIONS, elsewhere)

    async def _correct(self, record: ConsumerRecord, correction: Correction) -> None:
        try:
            event = await self._event(record, correction)
            left = await self._split(record, event)
        except RefusedError as error:
            log.warning("correction refused", number=correction.number, reason=error.reason, detail=error.detail)
            await self._note(record, correction, error.reason)
        else:
            await self._note(record, correction, DONE, left)

    async def _event(self, record: ConsumerRecord, correction: Correction) -> Event:
        """The report to be split off, accepted anew; raises RefusedError when it cannot be or must not be."""
        desk = await self._triage.desk(record.partition)
        link = joined(desk.open, correction.event_id)
        if correction.incident_id != (left_behind(link) or link.incident_id):
            raise RefusedError("other_incident", f"{correction.event_id} is not in {correction.incident_id}")
        topic = _TOPIC_OF[correction.event_id.partition(":")[0]]
        found = await self._reread(topic, link.source_partition, link.source_offset)
        told = report_in(found, self._codec) if found else None
        if told is None:
            raise RefusedError("record_gone", f"{topic} no longer holds the record of {correction.event_id}")
        return self._opinions.on([self._door.accept(*told, int(time() * 1000))])[0]

    async def _reread(self, topic: str, partition: int, offset: int) -> BrokerRecord | None:
        while True:
            try:
                return await asyncio.to_thread(self._read, topic, partition, offset)
            except BrokerUnavailable as error:
                log.warning("report cannot be read again yet", error=str(error), retry_s=PAUSE_S)
                await asyncio.sleep(PAUSE_S)

    async def _split(self, record: ConsumerRecord, event: Event) -> list[Row]:
        """Split the report off and tell it; the row of the incident that it left."""
        left: list[Row] = []

        def decide(desks: Mapping[int, Desk], _: Chunk) -> tuple[list[Decided], list[DeadLetter]]:
            desk = desks[record.partition]
            decision = desk.split(event, int(time() * 1000))
            link = desk.open.link_of(event.event_id)
            before = desk.open.get(left_behind(link)) if link else None
            left.extend([incident_row(before)] if before else [])
            return [(event, decision, CORRECTED + record.offset)], []

        place = TP(record.topic, record.partition)
        await self._triage.run(Chunk(record.topic, [record], {place: record.offset}), decide)
        return left

    async def _note(
        self, record: ConsumerRecord, correction: Correction, outcome: str, incidents: list[Row] | None = None
    ) -> None:
        at = received_at(record)
        row = correction_row(self._log_id, record.partition, record.offset, correction, outcome, at)
        rows = {"incident_corrections": [row], "incidents": incidents or []}
        await send_rows(self._publisher, record.partition, rows)
