"""The broker's client for the chunk transport: it takes the next chunk, and follows the membership.

Faust gives its client a thread of its own. This one works in the worker's loop: two threads of Python hold up one
another at every turn, and a chunk has many of them on its way. No step keeps the loop for long: heartbeats are in time.

Built on the private parts of Faust 0.15.3 and aiokafka 0.14; tests/integration/test_transport.py and
test_rebalances.py hold the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from itertools import groupby
from operator import attrgetter
from time import monotonic
from typing import Any, NamedTuple

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
from mode.utils.futures import maybe_async

from streams.flow.fetching import Fetching
from streams.flow.topics import LANES, Lane

IDLE_S = 1.0
GOODBYE_S = 4.0  # how long each step of leaving may take: a broker that does not answer takes us for dead by itself
_OTHER = Lane(urgency=99, chunk=500, linger_ms=0)
_MEMBERSHIP = (HeartbeatRequest, SyncGroupRequest)  # without error where the group goes on with us in it
_REJOINING = {error.errno for error in (IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)}


def _lane(topic: str) -> Lane:
    return LANES.get(topic, _OTHER)


class Taken(NamedTuple):
    """What was taken from the fetcher: records by partition, and in which generation of the group."""

    records: Mapping[TP, list[ConsumerRecord]]
    generation: int


class ChunkClient(driver.AIOKafkaConsumerThread):
    """What Faust has a thread for, without the thread; hands over one chunk at a time."""

    app: Any  # streams.flow.app.App
    consumer: Any  # ChunkConsumer

    def __init__(self, consumer: Any, *, loop: asyncio.AbstractEventLoop, beacon: Any) -> None:  # noqa: ANN401
        super().__init__(consumer, loop=loop, thread_loop=loop, beacon=beacon)

    async def start(self) -> None:
        """Start in the loop that runs."""
        await self._default_start()

    async def stop(self) -> None:
        """Leave the group and disconnect; a broker that does not answer is not waited for."""
        if self._started.is_set() and not self._stopped.is_set():
            self._stopped.set()
            await asyncio.wait([asyncio.ensure_future(self._shutdown_thread())], timeout=GOODBYE_S)

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Faust's way to have something done in the thread: it is done here."""
        return await maybe_async(fun(*args, **kwargs))

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.app.fetch_wait_ms
        return consumer

    async def on_start(self) -> None:
        """Start the aiokafka consumer, with its fetches and its membership in our hands."""
        await super().on_start()
        consumer = self._ensure_consumer()
        self._fetching = Fetching(consumer._fetcher, self.loop)
        coordinator = consumer._coordinator
        self._follow_membership(coordinator)
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

    async def take(self) -> Taken:
        """At most one chunk, of the most urgent topic that has records; waits a second for one."""
        fetcher = self._open_fetcher()
        deadline = self.loop.time() + IDLE_S
        with fetcher._subscriptions.fetch_context():
            while self.consumer.flow_active:
                now = self.loop.time()
                ready, soonest = self._by_urgency(fetcher, now)
                for topic, tps in groupby(ready, key=attrgetter("topic")):
                    chunk = _lane(topic).chunk
                    if records := await fetcher.fetched_records(list(tps), timeout=0, max_records=chunk):
                        return self._taken(records, now)
                if deadline <= now:
                    break
                await self._fetching.wait(max(0.0005, min(deadline, soonest) - now))
        return Taken({}, self.app.consumer_generation_id)

    def _open_fetcher(self) -> Any:  # noqa: ANN401
        consumer = self._ensure_consumer()
        if consumer._closed or consumer._fetcher._closed:
            raise ConsumerStoppedError
        return consumer._fetcher

    def _by_urgency(self, fetcher: Any, now: float) -> tuple[list[TP], float]:  # noqa: ANN401
        """Partitions with records at hand and no chunk in flight, the most urgent first; and when lingering ends."""
        busy, active = self.consumer.under_way.busy, self.consumer._active_partitions
        free = [tp for tp in fetcher._records if tp not in busy and tp in active]
        until = self._fetching.gathers_until
        ready = [tp for tp in free if until(tp) <= now]
        soonest = min((until(tp) for tp in free if until(tp) > now), default=now + IDLE_S)
        return sorted(ready, key=lambda tp: (_lane(tp.topic).urgency, tp.topic)), soonest

    def _taken(self, records: Mapping[TP, list[ConsumerRecord]], now: float) -> Taken:
        """Note how long the next records may gather: not at all where a chunk is full, or more are there already."""
        lane, highwater = _lane(next(iter(records)).topic), self._ensure_consumer().highwater
        full = sum(map(len, records.values())) >= lane.chunk
        for tp, slice_ in records.items():
            more = full or slice_[-1].offset + 1 < highwater(tp)
            self._fetching.linger([tp], now if more else now + lane.linger_ms / 1000)
        return Taken(records, self.app.consumer_generation_id)

    def give_back(self, first: Mapping[TP, int], generation: int) -> None:
        """Take records anew from these offsets on: they were taken, but a rebalance or a stop came before their work.

        Not by seeking to what is committed: of a partition that has no commit yet, aiokafka would skip them.
        """
        consumer = self._ensure_consumer()
        if generation == self.app.consumer_generation_id:
            for tp, offset in first.items():
                if tp in consumer.assignment():
                    consumer.seek(tp, offset)

    def freed(self, tps: Collection[TP]) -> None:
        """Have the partitions of a chunk looked at again: they are free."""
        if self._fetching.holds(tps):
            self._fetching.wake()
