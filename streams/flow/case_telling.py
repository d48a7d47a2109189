"""What casework tells: orders of units that are handed one, supervision, records pushed across, rows, dead letters."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from streams.core.case_record import Settled
from streams.core.casework import Acked, Answered, Paper
from streams.core.order_life import Refusal
from streams.core.supervision import Signal, unit_above
from streams.core.unit import Unit
from streams.flow.batches import Outgoing
from streams.flow.dead_letters import DeadLetter, preview_of_fields
from streams.flow.hand_overs import Found, HandOvers
from streams.flow.intake import Intake
from streams.flow.ledger import Rows, send_rows
from streams.flow.publisher import Publisher
from streams.flow.rows import hand_over_row, order_row, receipt_row
from streams.flow.topics import ANSWER_TOPICS, HAND_OVER_ACKS, ORDER_UPDATES, ORDERS, SUPERVISION
from streams.telemetry.metrics import Metrics
from streams.warehouse.loop_rows import signal_row, step_row
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder


class Told:
    """What became of the answers of a chunk."""

    def __init__(self) -> None:
        self.settled: list[tuple[Answered | Acked, Settled]] = []

    def add(self, paper: Paper, settled: Settled) -> None:
        """Take what became of one answer."""
        if isinstance(paper, Answered | Acked):
            self.settled.append((paper, settled))


class Telling:
    """Tells whoever has to know of it what casework decided."""

    def __init__(
        self, log_id: str, units: Mapping[str, Unit], codec: Codec, orders: OrderEncoder, publisher: Publisher,
        hand_overs: HandOvers, intake: Intake, metrics: Metrics,
    ) -> None:
        self._log_id = log_id
        self._units = units
        self._codec = codec
        self._orders = orders
        self._publisher = publisher
        self._hand_overs = hand_overs
        self._intake = intake
        self._metrics = metrics

    async def tell(self, told: Told, signals: Sequence[Signal], partition: int) -> None:
        """Tell all of it; returns when the broker has confirmed everything."""
        followed = [(s.followed.record, s.followed.opened_at) for _, s in told.settled if s.followed]
        await asyncio.gather(self._issue(told), self._supervise(signals), self._hand_overs.push(followed))
        letters = [self._letter(paper, s.refusal) for paper, s in told.settled if s.refusal]
        rows = self._rows(told, signals, followed)
        await asyncio.gather(send_rows(self._publisher, partition, rows), self._intake.bury(letters, partition))
        self._count(told, signals)

    async def _issue(self, told: Told) -> None:
        batches: dict[int, list[Outgoing]] = defaultdict(list)
        for _, settled in told.settled:
            if settled.issued:
                key = settled.issued.unit.encode()
                [record] = self._orders.encode([settled.issued])
                batches[self._publisher.partition_of(key)].append((key, record))
        await self._publisher.send_all(ORDERS, batches)

    async def _supervise(self, signals: Sequence[Signal]) -> None:
        batches: dict[int, list[Outgoing]] = defaultdict(list)
        for signal in signals:
            to_unit = self._told_unit(signal)
            record = self._codec.encode("Supervision", msgspec.structs.asdict(signal) | {"to_unit": to_unit})
            key = to_unit.encode()
            batches[self._publisher.partition_of(key)].append((key, record))
        await self._publisher.send_all(SUPERVISION, batches)

    def _told_unit(self, signal: Signal) -> str:
        return unit_above(signal.unit, signal.level, self._units)

    def _rows(self, told: Told, signals: Sequence[Signal], followed: Sequence[Found]) -> Rows:
        settled = [each for _, each in told.settled]
        acknowledged = [hand_over_row(a.record, a.opened_at) for s in settled if (a := s.acknowledged)]
        return {
            "order_steps": [step_row(s.state) for s in settled if s.state],
            "orders": [order_row(s.issued, s.opened_at) for s in settled if s.issued],
            "supervision": [signal_row(signal, self._told_unit(signal)) for signal in signals],
            "hand_overs": acknowledged + self._hand_overs.rows(followed),
            "receipts": [receipt_row(self._log_id, paper, s.word) for paper, s in told.settled if not s.refusal],
        }

    def _letter(self, paper: Answered | Acked, refusal: Refusal) -> DeadLetter:
        said = paper.update if isinstance(paper, Answered) else paper.ack
        feed = ANSWER_TOPICS[ORDER_UPDATES if isinstance(paper, Answered) else HAND_OVER_ACKS]
        fields = {n: value for n, value in msgspec.structs.asdict(said).items() if n not in ("partition", "offset")}
        return DeadLetter(
            self._log_id, feed, said.partition, said.offset, refusal.reason, refusal.detail, preview_of_fields(fields),
            None, None, paper.received_at,
        )  # fmt: skip

    def _count(self, told: Told, signals: Sequence[Signal]) -> None:
        for signal in signals:
            self._metrics.signals.labels(signal.kind).inc()
        for paper, settled in told.settled:
            if settled.word == "applied" and isinstance(paper, Answered):
                self._metrics.order_steps.labels(paper.update.step).inc()
        roles = Counter(settled.issued.role for _, settled in told.settled if settled.issued)
        for role, orders in roles.items():
            self._metrics.orders.labels(role).inc(orders)
