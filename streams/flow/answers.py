"""Answers: what units say of their orders, and the other line of what was pushed to it, on its way to casework.

As with the feeds (ADR 2) the topics may be keyed as their producers like: here each answer is sent on to the partition
of its incident.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from aiokafka import ConsumerRecord

from streams.core.accept import MAX_AGE_MS, MAX_EARLY_MS
from streams.core.acknowledgement import read_ack
from streams.core.casework import Acked, Answered, Paper, incident_of
from streams.core.order_update import read_update
from streams.errors import RefusedError, SanwangError
from streams.flow.casework import Casework
from streams.flow.dead_letters import DeadLetter, received_at
from streams.flow.intake import REPLAY_HEADER, Intake, attempt
from streams.flow.topics import HAND_OVER_ACKS, ORDER_UPDATES, RECORDS
from streams.flow.transport import Chunk
from streams.wire.codec import Codec, Record

Placed = tuple[str, Paper]  # with the id of its incident


class Answers:
    """The answering step of a worker."""

    def __init__(
        self, log_id: str, units: Collection[str], codec: Codec, casework: Casework, intake: Intake
    ) -> None:
        """`units` are the codes of the city's units: nobody else says anything of an order."""
        self._log_id = log_id
        self._units = units
        self._codec = codec
        self._casework = casework
        self._intake = intake
        self._accept: Mapping[str, Callable[[ConsumerRecord, Record], Placed]] = {
            ORDER_UPDATES: self._update, HAND_OVER_ACKS: self._ack,
        }  # fmt: skip

    async def step(self, chunk: Chunk) -> None:
        """Decode, check and scrub a chunk; returns when its papers and dead letters are confirmed."""
        accept, name = self._accept[chunk.topic], RECORDS[chunk.topic]
        taken = [attempt(self._log_id, record, self._codec, name, accept) for record in chunk.records]
        letters = [one for one in taken if isinstance(one, DeadLetter)]
        await asyncio.gather(
            self._casework.send(one for one in taken if not isinstance(one, DeadLetter)),
            self._intake.bury(letters, chunk.partition),
        )

    def _update(self, record: ConsumerRecord, decoded: Record) -> Placed:
        update = read_update(decoded, record.partition, record.offset)
        for code in (update.by, update.unit):
            if code and code not in self._units:
                raise RefusedError("unknown_unit", "the code of a unit that this city does not have")
        try:
            incident_id = incident_of(update.order_id)
        except SanwangError as error:
            raise RefusedError("unknown_order", str(error)) from None
        replayed = _is_replayed(record)
        return incident_id, Answered(update, _checked(record, update.at, replayed=replayed), replayed)

    def _ack(self, record: ConsumerRecord, decoded: Record) -> Placed:
        ack = read_ack(decoded, record.partition, record.offset)
        replayed = _is_replayed(record)
        return ack.incident_id, Acked(ack, _checked(record, ack.at, replayed=replayed), replayed)


def _checked(record: ConsumerRecord, at: int, *, replayed: bool) -> int:
    """When the record was received; raises RefusedError for one that tells of times far from that."""
    received = received_at(record)
    if at - received > MAX_EARLY_MS or (not replayed and received - at > MAX_AGE_MS):
        raise RefusedError("bad_time", f"its time is {(at - received) // 60_000:+} min from its receipt")
    return received


def _is_replayed(record: ConsumerRecord) -> bool:
    return any(name == REPLAY_HEADER for name, _ in record.headers)
