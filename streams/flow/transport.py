"""The chunk transport: Faust messages that each carry many records of a topic instead of one.

Nearly all of stock Faust's cost is per message. Here a message's value is a `Chunk`, consecutive records of one or more
partitions of a topic; an agent works on it as a whole and acknowledges it as a whole. Three rules hold:

- The next records of a partition come when its chunk is acknowledged, or was let go: its step has taken from it what
  order matters for. So they are worked on in order, and at most eight chunks of a partition are under way.
- The next chunk is always one of the most urgent topic that has any (`streams.flow.topics.LANES`).
- What is committed of a partition is the offset after the last chunk before which none is left to acknowledge.

Built on the private parts of Faust 0.15.3 and aiokafka 0.14; tests/integration/test_transport.py holds the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, groupby
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
from faust.types import TP, ConsumerMessage, Message
from mode.threads import WorkerThread
from msgspec import Struct

from streams.flow.fetching import Fetching
from streams.flow.topics import LANES, Lane
from streams.flow.under_way import UnderWay

_IDLE_S = 1.0
GOODBYE_S = 4.0  # how long each step of leaving may take: a broker that does not answer takes us for dead by itself
_OTHER = Lane(urgency=99, chunk=500, linger_ms=0)
_MEMBERSHIP = (HeartbeatRequest, SyncGroupRequest)  # without error where the group goes on with us in it
_REJOINING = {error.errno for error in (IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)}


def _nothing() -> None: ...


class Chunk(Struct, frozen=True):
    """Records of one topic: consecutive ones of each partition that it holds."""

    topic: str
    records: list[ConsumerRecord]  # those of a partition in order
    ends: Mapping[TP, int]  # offset of the last record of each partition
    let_go: Callable[[], None] = _nothing  # the next records of its partitions may come, though it is not done

    @property
    def partitions(self) -> list[int]:
        """The partitions whose records it holds."""
        return [tp.partition for tp in self.ends]

    @property
    def partition(self) -> int:
        """One of them: where to send what may go to any partition."""
        return next(iter(self.ends)).partition


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
        soonest = min((until(tp) for tp in free if until(tp) > now), default=now + _IDLE_S)
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


class ChunkConsumer(driver.Consumer):
    """Delivers chunks to the agents and knows which partitions have one in flight."""

    app: Any  # streams.flow.app.App
    _thread: Any  # ChunkConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        self.under_way = UnderWay()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ChunkConsumerThread:
        return ChunkConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:  # noqa: ANN401
        while not (self.should_stop or fetcher.should_stop):
            try:
                await self._deliver_next()
            except self.consumer_stopped_errors:
                if not self.app.should_stop:
                    raise
                return

    async def _deliver_next(self) -> None:
        taken, _active = await self._wait_next_records(_IDLE_S)
        generation = self._thread.taken_in
        if not taken or generation != self.app.consumer_generation_id:
            return  # what was taken before a rebalance that is over by now: positions are back at what is committed
        slices = {tp: slice_ for tp, slice_ in taken.items() if self.flow_active and tp in self._active_partitions}
        if len(slices) < len(taken):
            left = {tp: slice_[0].offset for tp, slice_ in taken.items() if tp not in slices}
            await self._thread.give_back(left, generation)
        if slices and generation == self.app.consumer_generation_id:
            await self.callback(self._to_chunk(slices, generation))

    def _to_chunk(self, slices: Mapping[TP, list[ConsumerRecord]], generation: int) -> ConsumerMessage:
        """A Faust message that stands for all slices; its own partition and offset are those of the first."""
        tp, first = next(iter(slices.items()))
        last = first[-1]
        ends = {tp: slice_[-1].offset for tp, slice_ in slices.items()}
        self.under_way.begin(ends)
        records = [*chain.from_iterable(slices.values())]
        let_go = partial(self._let_go, ends, generation)
        chunk: Any = Chunk(tp.topic, records, ends, let_go)  # where stock Faust has bytes
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type, [], None, chunk, None,
            tp=tp, generation_id=generation,
        )

    def ack(self, message: Message) -> bool:
        """Acknowledge a chunk. A straggler from before a rebalance is ignored."""
        if message.generation_id != self.app.consumer_generation_id:
            return False
        acked = super().ack(message)
        chunk: Any = message.value
        for tp, last in chunk.ends.items():
            self._acked[tp].append(last)  # so that Faust asks for `_new_offset`
        self.under_way.end(chunk.ends)
        self._thread.wake()
        return bool(acked)

    def _let_go(self, ends: Mapping[TP, int], generation: int) -> None:
        """What `Chunk.let_go` does, unless a rebalance came before."""
        if generation == self.app.consumer_generation_id:
            self.under_way.let_go(ends)
            self._thread.wake()

    def progress(self) -> Iterator[tuple[TP, tuple[int, int]]]:
        """Per assigned partition: the offset up to which work is done, and the end of the partition as last fetched."""
        for tp in self.assignment():
            done = max(self._committed_offset[tp] or 0, self.under_way.done(tp) or 0)
            yield tp, (done, max(done, self.highwater(tp) or 0))

    def _new_offset(self, tp: TP) -> int | None:
        """Offset to commit: before it all is done."""
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.under_way.done(tp)

    async def commit_and_end_transactions(self) -> None:
        """Nothing: `run_app` has committed, and without a broker this would wait for ever."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish and commit what is in flight on partitions that are no longer ours, then forget it.

        Faust would drop acknowledged but uncommitted offsets here, and all would be done again by the next owner.
        """
        self.stop_flow()
        await self.app.settle()
        await self.commit()
        await super().on_partitions_revoked(revoked)
        self.under_way.forget()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a generation with nothing under way.

        Where two rebalances follow one another closely, Faust ends its recovery of the first one during the second, and
        lets chunks of the former generation come. They will never be acknowledged, and would hold their partitions.
        """
        self.under_way.forget()
        await super().on_partitions_assigned(assigned, generation_id)


class ChunkTransport(driver.Transport):
    """Faust's Kafka transport, in chunks."""

    Consumer = ChunkConsumer
