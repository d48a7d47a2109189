"""Triage on a real broker, by a worker that may not tell: nothing leaves it, not even what only repeats a decision."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from unittest.mock import AsyncMock

import msgspec
import pytest
from aiokafka import ConsumerRecord
from faust.types import TP

from streams.config import Kafka
from streams.core.event import Event
from streams.core.triage import Desk
from streams.flow.casework import Casework
from streams.flow.hand_overs import HandOvers
from streams.flow.lease import Lease, LeaseLostError
from streams.flow.state_topic import StateTopic
from streams.flow.topics import CASEWORK, EVENTS_URGENT, INCIDENTS, LEDGER, ORDERS
from streams.flow.transport import Chunk
from streams.flow.triage import Triage
from streams.telemetry.metrics import Metrics
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder
from streams.wire.source import FileSource
from tests.support import chunks
from tests.support.town import CATALOGUE, NOON, OneDesk, event

TOLD = (ORDERS, LEDGER, CASEWORK)


@asynccontextmanager
async def triaging(kafka: Kafka) -> AsyncIterator[tuple[Triage, Lease]]:
    """Triage of partition 0, its desk ready, and the lease that it has."""
    lease = Lease(kafka)
    lease.renew(1, monotonic() + 1000)
    chunks.make_topics(kafka, [INCIDENTS, *TOLD])
    async with chunks.publishing(kafka) as publisher:
        state, codec = StateTopic(kafka, INCIDENTS, publisher, lease), Codec(FileSource())
        triage = Triage(
            "log", lambda: Desk(CATALOGUE, OneDesk()), state, OrderEncoder(FileSource()), publisher, AsyncMock(),
            HandOvers(CATALOGUE.items, codec, publisher), Casework(1, publisher), Metrics(),
        )  # fmt: skip
        triage.assign([0])
        await triage.desk(0)
        yield triage, lease


def chunk_of(offset: int, events: Sequence[Event]) -> Chunk:
    """A chunk of one record."""
    value = msgspec.msgpack.encode(events)
    record = ConsumerRecord(EVENTS_URGENT, 0, offset, NOON, 0, None, value, None, -1, len(value), ())
    return Chunk(EVENTS_URGENT, [record], {TP(EVENTS_URGENT, 0): offset})


async def test_what_repeats_a_decision_is_not_told_where_the_decision_was_not(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    async with triaging(kafka) as (triage, lease):
        lease.renew(1, monotonic() - 1000)  # cut off for a while, and back
        lease.end()
        first, again = triage.step(chunk_of(0, [event("1")])), triage.step(chunk_of(1, [event("1")]))
        for outcome in await asyncio.gather(first, again, return_exceptions=True):
            assert isinstance(outcome, LeaseLostError)
        with pytest.raises(LeaseLostError):
            await triage.desk(0)  # nor does it decide on
        assert await chunks.records_in(kafka, TOLD) == 0


async def test_what_repeats_a_decision_is_told_after_it(own_broker) -> None:
    kafka = Kafka(bootstrap=own_broker.servers, partitions=1)
    async with triaging(kafka) as (triage, _):
        await triage.step(chunk_of(0, [event("1")]))
        before = await chunks.records_in(kafka, TOLD)
        await triage.step(chunk_of(1, [event("1")]))
        assert await chunks.records_in(kafka, TOLD) == 2 * before > 0
