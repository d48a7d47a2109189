"""Casework as an agent: a caseload per partition; what is decided is made durable first, then told.

Beside the answers, a timer looks once a second at the clocks of live orders, and at those of replayed ones where
nothing has come in for a while: their time is how far their answers have been told, see `Caseload`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic, time

import structlog

from streams.core.case_record import Settled
from streams.core.caseload import Caseload
from streams.core.casework import Acked, Answered, Issued, Paper
from streams.flow.case_state import CaseLog, change_records
from streams.flow.case_telling import Telling, Told
from streams.flow.casework import decode_papers
from streams.flow.lease import LeaseLostError
from streams.flow.rebuilding import Rebuilding
from streams.flow.state_topic import StateTopic
from streams.flow.topics import CASELOAD, CASEWORK
from streams.flow.transport import Chunk
from streams.telemetry.metrics import Metrics

LOOK_S = 1.0
QUIET_S = 5.0  # without a paper of a partition, after which its replayed history is taken to have been told so far
log = structlog.get_logger(__name__)
CaughtUp = Callable[[], frozenset[int]]


class Caseloads:
    """The casework step of a worker, and the caseloads of the partitions that it has."""

    topics = frozenset({CASEWORK})

    def __init__(
        self, new_caseload: Callable[[], Caseload], state: StateTopic, telling: Telling, metrics: Metrics
    ) -> None:
        self._new_caseload = new_caseload
        self._state = state
        self._telling = telling
        self._metrics = metrics
        self._caseloads = Rebuilding(self._recover)
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._worked_at: dict[int, float] = {}  # monotonic seconds

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin to rebuild the caseloads of newly assigned partitions."""
        self._caseloads.assign(partitions)

    def revoke(self, partitions: Iterable[int]) -> None:
        """Drop the caseloads of partitions that another worker may have by now."""
        self._caseloads.revoke(partitions)
        for partition in partitions:
            self._show(partition, None)

    @property
    def recovered(self) -> bool:
        """Are all assigned caseloads ready?"""
        return self._caseloads.complete

    async def step(self, chunk: Chunk) -> None:
        """Settle a chunk's papers; returns when state, orders, signals and rows are confirmed, in this order."""
        async with AsyncExitStack() as stack:
            for partition in sorted(chunk.partitions):
                await stack.enter_async_context(self._locks[partition])
            try:
                caseloads = {p: await self._caseloads.get(p) for p in chunk.partitions}
                await self._work(caseloads, chunk)
            except Exception:
                self._caseloads.again(chunk.partitions)
                raise

    async def _work(self, caseloads: Mapping[int, Caseload], chunk: Chunk) -> None:
        told = Told()
        for record in chunk.records:
            for paper in decode_papers(record.value):
                if (settled := _settle(caseloads[record.partition], paper)) is not None:
                    told.add(paper, settled)
        changes = {partition: caseload.take_changes() for partition, caseload in caseloads.items()}
        # Also where nothing has changed: an answer that is told as before must be ours to tell.
        await asyncio.gather(*(
            self._state.send(partition, change_records(change) if change else [])
            for partition, (change, _) in changes.items()
        ))
        signals = [signal for _, each in changes.values() for signal in each]
        await self._telling.tell(told, signals, chunk.partition)
        for partition in caseloads:
            self._worked_at[partition] = monotonic()

    async def _recover(self, partition: int) -> Caseload:
        with self._metrics.recovery.time():
            caseload = self._new_caseload()
            (await self._state.recover(partition, CaseLog())).restore(caseload)
        await self._telling.tell(Told(), caseload.untold, partition)
        log.info("recovered", topic=CASELOAD, partition=partition, open_orders=caseload.open_orders)
        self._worked_at[partition] = monotonic()
        self._show(partition, caseload)
        return caseload

    @asynccontextmanager
    async def supervising(self, caught_up: CaughtUp) -> AsyncIterator[None]:
        """Look at clocks while the body runs; `caught_up` names the partitions whose papers have all been settled."""
        task = asyncio.create_task(self._supervise(caught_up))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _supervise(self, caught_up: CaughtUp) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._caseloads.again(self._caseloads.failed)
            for partition in self._caseloads.partitions:
                self._show(partition, self._caseloads.ready(partition))
            for partition in sorted(caught_up() & self._caseloads.partitions):
                try:
                    await self._look(partition)
                except LeaseLostError:
                    log.info("left to the next owner", topic=CASELOAD, partition=partition)
                except Exception:
                    log.exception("supervision failed", partition=partition)
                    self._metrics.step_failures.labels("supervision").inc()
                    self._caseloads.again([partition])

    async def _look(self, partition: int) -> None:
        async with self._locks[partition]:
            caseload = self._caseloads.ready(partition)
            if caseload is None:
                return
            quiet = monotonic() - self._worked_at.get(partition, 0.0) > QUIET_S
            caseload.look(int(time() * 1000), replayed=quiet)
            change, signals = caseload.take_changes()
            if change is None:
                return
            await self._state.send(partition, change_records(change))
            if signals:
                await self._telling.tell(Told(), signals, partition)
                await self._state.send(partition, change_records(caseload.told()))

    def _show(self, partition: int, caseload: Caseload | None) -> None:
        waiting = caseload.waiting() if caseload else []
        oldest = min((pushed.kept_from for pushed in waiting), default=None)
        self._metrics.open_orders.labels(partition).set(caseload.open_orders if caseload else 0)
        self._metrics.hand_overs_waiting.labels(partition).set(len(waiting))
        age_s = time() - oldest / 1000 if oldest else 0.0
        self._metrics.hand_overs_oldest.labels(partition).set(age_s)


def _settle(caseload: Caseload, paper: Paper) -> Settled | None:
    match paper:
        case Issued():
            caseload.issue(paper)
        case Answered():
            return caseload.answer(paper)
        case Acked():
            return caseload.acknowledge(paper)
        case _:
            caseload.push(paper)
    return None
