"""Triage as an agent: a desk per partition, decisions made durable first, then told to units and to the ledger."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import time

import msgspec
import structlog

from streams.core.decision import Decision, Order
from streams.core.event import FEEDS, Event
from streams.core.triage import Desk
from streams.errors import RefusedError
from streams.flow.batches import Outgoing
from streams.flow.casework import Casework
from streams.flow.dead_letters import DeadLetter
from streams.flow.hand_overs import HandOvers
from streams.flow.intake import Intake
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.rebuilding import Rebuilding
from streams.flow.rows import Row, event_row, incident_row, latency_row, order_row
from streams.flow.state import StateLog, state_records
from streams.flow.state_topic import StateTopic
from streams.flow.topics import EVENTS, EVENTS_URGENT, ORDERS
from streams.flow.transport import Chunk
from streams.flow.turns import Turns
from streams.telemetry.metrics import Metrics
from streams.wire.orders import OrderEncoder

_decoder = msgspec.msgpack.Decoder(list[Event])
log = structlog.get_logger(__name__)
Decided = tuple[Event, Decision, int]  # with the offset in the events topic
Decide = Callable[[Mapping[int, Desk], Chunk], tuple[list[Decided], list[DeadLetter]]]
CORRECTED = 1 << 62  # added to the offset of what a correction decided: its row replaces the event's first one


class Triage:
    """The triage step of a worker, and the desks of the partitions that it has."""

    topics = frozenset({EVENTS, EVENTS_URGENT})

    def __init__(
        self, log_id: str, new_desk: Callable[[], Desk], state: StateTopic, orders: OrderEncoder, publisher: Publisher,
        intake: Intake, hand_overs: HandOvers, casework: Casework, metrics: Metrics,
        on_decided: Callable[[Sequence[Decided]], None] = lambda _: None,
    ) -> None:
        """`on_decided` is told what was decided and made durable, a chunk at a time."""
        self._log_id = log_id
        self._new_desk = new_desk
        self._state = state
        self._orders = orders
        self._publisher = publisher
        self._intake = intake
        self._hand_overs = hand_overs
        self._casework = casework
        self._metrics = metrics
        self._on_decided = on_decided
        self._latency = {feed: metrics.call_to_order.labels(feed) for feed in FEEDS}
        self._desks = Rebuilding(self._recover)
        self._turns = Turns()

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin to rebuild the desks of newly assigned partitions."""
        self._desks.assign(partitions)

    def revoke(self, partitions: Iterable[int]) -> None:
        """Drop the desks of partitions that another worker may have by now."""
        self._desks.revoke(partitions)
        for partition in partitions:
            self._metrics.open_incidents.labels(partition).set(0)

    @property
    def recovered(self) -> bool:
        """Are all assigned desks ready?"""
        return self._desks.complete

    async def step(self, chunk: Chunk) -> None:
        """Decide on the events of a chunk; returns when decisions, orders and rows are confirmed, in this order."""
        await self.run(chunk, self._decide)

    async def desk(self, partition: int) -> Desk:
        """The desk of a partition that this worker has, once it is rebuilt."""
        return await self._desks.get(partition)

    async def run(self, chunk: Chunk, decide: Decide) -> None:
        """Have `decide` work on the desks of a chunk; returns when what it decided is durable and told."""
        try:
            desks = {partition: await self.desk(partition) for partition in chunk.partitions}
            await self._triage(desks, chunk, decide)
        except Exception:
            self._desks.again(chunk.partitions)
            raise

    async def _triage(self, desks: Mapping[int, Desk], chunk: Chunk, decide: Decide) -> None:
        decided, letters = decide(desks, chunk)
        states = {partition: state_records(*desk.take_changes()) for partition, desk in desks.items()}
        rows = self._rows(decided)
        orders = self._by_unit([decision.orders for _, decision, _ in decided if decision.orders])
        across = self._hand_overs.find(decided, now := _now())
        with self._turns.take(list(desks)) as turn:
            chunk.let_go()
            # Also where a desk has changed nothing: what it knows already may be on its way still, or never be durable.
            await asyncio.gather(*(self._state.send(partition, state) for partition, state in states.items()))
            await turn.come()
            begun = self._casework.begin(decided, across, now)
        await begun
        decided_at = _now()
        await asyncio.gather(self._publisher.send_all(ORDERS, orders), self._hand_overs.push(across))
        rows["hand_overs"] = self._hand_overs.rows(across)
        rows["latencies"] = self._latencies(decided, decided_at, _now())
        await asyncio.gather(
            send_rows(self._publisher, chunk.partition, rows), self._intake.bury(letters, chunk.partition)
        )
        self._count(desks, decided)
        self._on_decided(decided)

    async def _recover(self, partition: int) -> Desk:
        desk = self._new_desk()
        with self._metrics.recovery.time():
            (await self._state.recover(partition, StateLog())).restore(desk)
        log.info("recovered", partition=partition, open_incidents=len(desk.open))
        self._metrics.open_incidents.labels(partition).set(len(desk.open))
        return desk

    def _decide(self, desks: Mapping[int, Desk], chunk: Chunk) -> tuple[list[Decided], list[DeadLetter]]:
        decided: list[Decided] = []
        letters: list[DeadLetter] = []
        now = _now()
        for record in chunk.records:
            desk = desks[record.partition]
            for event in _decoder.decode(record.value):
                try:
                    decision = desk.decide(event, event.clock if event.replayed else now)
                except Exception as error:
                    log.exception("event failed", event_id=event.event_id)
                    letters.append(self._letter(event, RefusedError("internal_error", type(error).__name__)))
                else:
                    decided.append((event, decision, record.offset))
        return decided, letters

    def _letter(self, event: Event, error: RefusedError) -> DeadLetter:
        return DeadLetter(
            self._log_id, event.feed, event.source_partition, event.source_offset, error.reason,
            error.detail, event.text[:200], None, None, event.received_at,
        )

    def _rows(self, decided: Sequence[Decided]) -> dict[str, list[Row]]:
        incidents = {d.incident.incident_id: d.incident for _, d, _ in decided if d.incident}
        return {
            "events": [event_row(self._log_id, event, decision, offset) for event, decision, offset in decided],
            "incidents": [incident_row(incident) for incident in incidents.values()],
            "orders": [order_row(o, d.incident.opened_at) for _, d, _ in decided if d.incident for o in d.orders],
        }

    def _by_unit(self, decisions: Sequence[Sequence[Order]]) -> dict[int, list[Outgoing]]:
        """Orders by partition; of one incident's only the last in a chunk, for the earlier ones say nothing more."""
        latest = {orders[0].incident_id: orders for orders in decisions}
        batches: dict[int, list[Outgoing]] = defaultdict(list)
        for orders in latest.values():
            for order, record in zip(orders, self._orders.encode(orders), strict=True):
                key = order.unit.encode()
                batches[self._publisher.partition_of(key)].append((key, record))
        return batches

    def _latencies(self, decided: Sequence[Decided], decided_at: int, ordered_at: int) -> list[Row]:
        rows = []
        for event, decision, version in decided:
            if event.replayed or decision.outcome == "redelivered" or version >= CORRECTED:
                continue
            if decision.orders:
                self._latency[event.feed].observe((ordered_at - event.received_at) / 1000)
            rows.append(latency_row(event, decided_at, ordered_at if decision.orders else None))
        return rows

    def _count(self, desks: Mapping[int, Desk], decided: Sequence[Decided]) -> None:
        reported = ((event.feed, d.outcome) for event, d, version in decided if version < CORRECTED)
        for (feed, outcome), reports in Counter(reported).items():
            self._metrics.reports.labels(feed, outcome).inc(reports)
        for role, orders in Counter(order.role for _, d, _ in decided for order in d.orders).items():
            self._metrics.orders.labels(role).inc(orders)
        for partition, desk in desks.items():
            self._metrics.open_incidents.labels(partition).set(len(desk.open))


def _now() -> int:
    return int(time() * 1000)
