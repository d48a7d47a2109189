"""The chunk transport: Faust messages that each carry a slice of a partition instead of one record.

Nearly all of stock Faust's cost is per message. Here a message's value is a `Chunk`, a list of consecutive records of
one partition; an agent works on it as a whole and acknowledges it as a whole. Three rules hold:

- One chunk of a partition is in flight at a time, so chunks of a partition are worked on and committed in order.
- The next chunk is always one of the most urgent topic that has any (`streams.flow.topics.LANES`).
- A chunk's acknowledgement allows the offset after its last record to be committed, and nothing beyond.

Built on the private parts of Faust 0.15.3 and aiokafka 0.14; tests/integration/test_transport.py holds the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message
from msgspec import Struct

from streams.flow.topics import LANES, Lane

_IDLE_S = 1.0
_OTHER = Lane(urgency=99, chunk=500, linger_ms=0)


class Chunk(Struct, frozen=True):
    """Consecutive records of one partition."""

    topic: str
    partition: int
    records: list[ConsumerRecord]


def _lane(tp: TP) -> Lane:
    return LANES.get(tp.topic, _OTHER)


class ChunkConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to the broker; hands over one chunk at a time."""

    app: Any  # streams.flow.app.App
    consumer: Any  # ChunkConsumer
    taken_in: int = 0  # generation of the group in which the latest chunk was taken from the fetcher

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.app.fetch_wait_ms
        return consumer

    async def on_start(self) -> None:
        """Start the aiokafka consumer without its pause between fetches while some partition waits to be consumed.

        Partitions with a chunk in flight wait all the time here, and the others must not wait for them.
        """
        await super().on_start()
        self._turn = 0
        self._lingers: dict[TP, float] = {}  # loop's time until which a partition gathers records
        self._ensure_consumer()._fetcher._prefetch_backoff = 0

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
                for tp in ready:
                    if records := await fetcher.fetched_records([tp], timeout=0, max_records=_lane(tp).chunk):
                        return self._taken(tp, records, now)
                left = min(deadline, soonest) - now
                if deadline <= now or not self.consumer.flow_active:
                    return {}
                await asyncio.wait([fetcher._create_fetch_waiter()], timeout=max(0.0005, left))

    def _by_urgency(self, fetcher: Any, active: set[TP] | None, now: float) -> tuple[list[TP], float]:  # noqa: ANN401
        """Partitions with records at hand and no chunk in flight, one topic's in turns; and when lingering ends."""
        busy = self.consumer.in_flight
        self._turn += 1
        free = [tp for tp in fetcher._records if tp not in busy and (active is None or tp in active)]
        ready = [tp for tp in free if self._lingers.get(tp, 0.0) <= now]
        soonest = min((self._lingers[tp] for tp in free if self._lingers.get(tp, 0.0) > now), default=now + _IDLE_S)
        return sorted(ready, key=lambda tp: (_lane(tp).urgency, (tp.partition + self._turn) % 64)), soonest

    def _taken(self, tp: TP, records: Mapping[TP, list[ConsumerRecord]], now: float) -> dict[TP, list[ConsumerRecord]]:
        """Note what was taken: its generation, and how long the partition's next records may gather."""
        self.taken_in = self.app.consumer_generation_id
        lane = _lane(tp)
        full = any(len(slice_) >= lane.chunk for slice_ in records.values())
        self._lingers[tp] = now if full else now + lane.linger_ms / 1000
        return dict(records)

    def wake(self) -> None:
        """Look again: a partition has become free. Called from the main thread."""
        self.thread_loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        fetcher = self._consumer._fetcher if self._consumer else None
        for waiter in list(fetcher._fetch_waiters) if fetcher else ():
            if not waiter.done():
                waiter.set_result(None)


class ChunkConsumer(driver.Consumer):
    """Delivers chunks to the agents and knows which partitions have one in flight."""

    app: Any  # streams.flow.app.App
    _thread: Any  # ChunkConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        self.in_flight: set[TP] = set()
        self._done: dict[TP, int] = {}
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
        records, _active = await self._wait_next_records(_IDLE_S)
        generation = self._thread.taken_in
        if not self.flow_active:
            # Fetched while a rebalance began: go back to what is committed, others may own the partitions by now.
            await self.perform_seek()
            return
        if generation != self.app.consumer_generation_id:
            return  # taken before a rebalance that is over by now: all positions are back at what is committed
        for tp, slice_ in (records or {}).items():
            if tp in self._active_partitions:
                self.in_flight.add(tp)
                await self.callback(self._to_chunk(tp, slice_, generation))

    def _to_chunk(self, tp: TP, records: list[ConsumerRecord], generation: int) -> ConsumerMessage:
        last = records[-1]
        chunk: Any = Chunk(tp.topic, tp.partition, records)  # where stock Faust has bytes
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type, [], None, chunk, None,
            tp=tp, generation_id=generation,
        )

    def ack(self, message: Message) -> bool:
        """Acknowledge a chunk: free its partition for the next one. A straggler from before a rebalance is ignored."""
        if message.generation_id != self.app.consumer_generation_id:
            return False
        acked = super().ack(message)
        self._done[message.tp] = message.offset + 1
        self.in_flight.discard(message.tp)
        self._thread.wake()
        return bool(acked)

    def progress(self) -> Iterator[tuple[TP, tuple[int, int]]]:
        """Per assigned partition: the offset up to which work is done, and the end of the partition as last fetched."""
        for tp in self.assignment():
            done = max(self._committed_offset[tp] or 0, self._done.get(tp, 0))
            yield tp, (done, max(done, self.highwater(tp) or 0))

    def _new_offset(self, tp: TP) -> int | None:
        """Offset to commit: after the last acknowledged chunk. Chunks of a partition are never out of order."""
        acked = self._acked[tp]
        if not acked:
            return None
        offset = max(acked) + 1
        acked.clear()
        self._acked_index[tp].clear()
        return int(offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish and commit what is in flight on partitions that are no longer ours, then forget it.

        Faust would drop acknowledged but uncommitted offsets here, and all would be done again by the next owner.
        """
        self.stop_flow()
        await self.app.settle()
        await self.commit()
        await super().on_partitions_revoked(revoked)
        self.in_flight.clear()
        self._done.clear()


class ChunkTransport(driver.Transport):
    """Faust's Kafka transport, in chunks."""

    Consumer = ChunkConsumer
