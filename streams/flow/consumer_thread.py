"""The thread that talks to the broker for the chunk transport: it takes the next chunk, and follows the membership.

Built on the private parts of Faust 0.15.3 and aiokafka 0.14; tests/integration/test_transport.py holds the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from time import monotonic
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import WorkerThread

from streams.flow.fetching import Fetching
from streams.flow.topics import LANES, Lane

IDLE_S = 1.0
GOODBYE_S = 4.0  # how long each step of leaving may take: a broker that does not answer takes us for dead by itself
_OTHER = Lane(urgency=99, chunk=500, linger_ms=0)
_MEMBERSHIP = (HeartbeatRequest, SyncGroupRequest)  # without error where the group goes on with us in it
_REJOINING = {error.errno for error in (IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)}


def _lane(topic: str) -> Lane:
    return LANES.get(topic, _OTHER)


class _Expendable(WorkerThread):
    """A thread that the process does not wait for at its end: it may try to reach a broker for ever."""

    def __init__(self, service: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(service, **kwargs)
        self.daemon = True


class ChunkConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to the broker; hands over one chunk at a time."""

    Worker = _Expendable
    shutdown_timeout = GOODBYE_S
    app: Any  # streams.flow.app.App
    consumer: Any  # ChunkConsumer
    taken_in: int = 0  # generation of the group in which the latest chunk was taken from the fetcher

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.app.fetch_wait_ms
        return consumer

    async def on_start(self) -> None:
        """Start the aiokafka consumer, with its fetches and its membership in our hands."""
        await super().on_start()
        consumer = self._ensure_consumer()
        self._fetching = Fetching(consumer._fetcher, self.thread_loop)
        self._follow_membership(consumer._coordinator)
        coordinator = consumer._coordinator
        for needed in (consumer._client._sync_task, consumer._fetcher._fetch_task, coordinator._coordination_task):
            needed.add_done_callback(self._miss)

    def _miss(self, ended: asyncio.Task[None]) -> None:
        """A task of aiokafka's without which nothing comes any more has ended, and nobody else would hear of it."""
        if not self.should_stop:
            error = None if ended.cancelled() else ended.exception()
            self._missing = asyncio.create_task(self.crash(error or RuntimeError(f"{ended.get_coro()} ended")))

    def _follow_membership(self, coordinator: Any) -> None:  # noqa: ANN401
        """Renew the lease each time the coordinator of the group counts us in."""
        send = coordinator._send_req

        async def send_and_note(request: Any) -> Any:  # noqa: ANN401
            generation, asked_at = coordinator.generation, monotonic()
            response = await send(request)
            if isinstance(request, _MEMBERSHIP):
                if response.error_code == 0:
                    self.app.lease.renew(generation, asked_at)
                elif response.error_code in _REJOINING:
                    self.app.lease.end()
            return response

        coordinator._send_req = send_and_note

    async def _fetch_records(
        self,
        consumer: Any,  # noqa: ANN401
        active_partitions: set[TP] | None,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is Faust's
        max_records: int | None = None,  # noqa: ARG002 - each topic has its own, see LANES
    ) -> Mapping[TP, list[ConsumerRecord]]:
        """At most one chunk, of the most urgent topic that has records; waits up to `timeout` seconds for one."""
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        deadline = self.thread_loop.time() + (timeout or 0)
        with fetcher._subscriptions.fetch_context():
            while True:
                now = self.thread_loop.time()
                ready, soonest = self._by_urgency(fetcher, active_partitions, now)
                for topic, tps in groupby(ready, key=attrgetter("topic")):
                    chunk = _lane(topic).chunk
                    if records := await fetcher.fetched_records(list(tps), timeout=0, max_records=chunk):
                        return self._taken(records, now)
                left = min(deadline, soonest) - now
                if deadline <= now or not self.consumer.flow_active:
                    return {}
                await asyncio.wait([fetcher._create_fetch_waiter()], timeout=max(0.0005, left))

    def _by_urgency(self, fetcher: Any, active: set[TP] | None, now: float) -> tuple[list[TP], float]:  # noqa: ANN401
        """Partitions with records at hand and no chunk in flight, the most urgent first; and when lingering ends."""
        busy = self.consumer.under_way.busy
        free = [tp for tp in fetcher._records if tp not in busy and (active is None or tp in active)]
        until = self._fetching.gathers_until
        ready = [tp for tp in free if until(tp) <= now]
        soonest = min((until(tp) for tp in free if until(tp) > now), default=now + IDLE_S)
        return sorted(ready, key=lambda tp: (_lane(tp.topic).urgency, tp.topic)), soonest

    def _taken(self, records: Mapping[TP, list[ConsumerRecord]], now: float) -> Mapping[TP, list[ConsumerRecord]]:
        """Note what was taken: its generation, and how long the next records of its partitions may gather."""
        self.taken_in = self.app.consumer_generation_id
        lane = _lane(next(iter(records)).topic)
        full = sum(map(len, records.values())) >= lane.chunk
        self._fetching.linger(records, now if full else now + lane.linger_ms / 1000)
        return records

    async def give_back(self, first: Mapping[TP, int], generation: int) -> None:
        """Take records anew from these offsets on: they were taken, but a rebalance or a stop came before their work.

        Not by seeking to what is committed: of a partition that has no commit yet, aiokafka would skip them.
        """
        await self.call_thread(self._give_back, first, generation)

    async def _give_back(self, first: Mapping[TP, int], generation: int) -> None:
        """In the consumer's own thread, where no rebalance can come between the question and the seek."""
        consumer = self._ensure_consumer()
        if generation == self.app.consumer_generation_id:
            for tp, offset in first.items():
                if tp in consumer.assignment():
                    consumer.seek(tp, offset)

    def wake(self) -> None:
        """Look again: a partition has become free. Called from the main thread."""
        self.thread_loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._consumer:
            self._fetching.wake()
