"""The chunk transport: Faust messages that each carry many records of a topic instead of one.

Nearly all of stock Faust's cost is per message. Here a message's value is a `Chunk`, consecutive records of one or more
partitions of a topic; an agent works on it as a whole and acknowledges it as a whole. Three rules hold:

- The next records of a partition come when its chunk is acknowledged, or was let go: its step has taken from it what
  order matters for. So they are worked on in order, and at most eight chunks of a partition are under way.
- The next chunk is always one of the most urgent topic that has any (`streams.flow.topics.LANES`).
- What is committed of a partition is the offset after the last chunk before which none is left to acknowledge.

Built on the private parts of Faust 0.15.3 and aiokafka 0.14; tests/integration/test_transport.py and
test_rebalances.py hold the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from aiokafka import ConsumerRecord
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message
from msgspec import Struct

from streams.flow.chunk_client import ChunkClient
from streams.flow.under_way import UnderWay


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


class ChunkConsumer(driver.Consumer):
    """Delivers chunks to the agents and knows which partitions have one in flight."""

    app: Any  # streams.flow.app.App
    _thread: Any  # ChunkClient, under Faust's name

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        self.under_way = UnderWay()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ChunkClient:
        return ChunkClient(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:  # noqa: ANN401
        while not (self.should_stop or fetcher.should_stop):
            try:
                await self._deliver_next()
            except self.consumer_stopped_errors:
                if not self.app.should_stop:
                    raise
                return

    async def _deliver_next(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        taken, generation = await self._thread.take()
        if not taken or generation != self.app.consumer_generation_id:
            return  # what was taken before a rebalance that is over by now: positions are back at what is committed
        slices = {tp: slice_ for tp, slice_ in taken.items() if self.flow_active and tp in self._active_partitions}
        if len(slices) < len(taken):
            left = {tp: slice_[0].offset for tp, slice_ in taken.items() if tp not in slices}
            self._thread.give_back(left, generation)
        if slices and generation == self.app.consumer_generation_id:
            await self.callback(self._to_chunk(slices, generation))
        await asyncio.sleep(0)  # its agent begins before the next is taken

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
        self._thread.freed(chunk.ends)
        return bool(acked)

    def _let_go(self, ends: Mapping[TP, int], generation: int) -> None:
        """What `Chunk.let_go` does, unless a rebalance came before."""
        if generation == self.app.consumer_generation_id:
            self.under_way.let_go(ends)
            self._thread.freed(ends)

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
