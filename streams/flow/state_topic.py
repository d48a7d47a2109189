"""A step's state in a compacted topic: written before anything is told to others, read when a partition is assigned.

One owner at a time: what a worker sends that has lost a partition meanwhile neither counts (see `streams.flow.terms`)
nor is told (see `streams.flow.lease`).

All or nothing: a worker may end in the middle of a send, and half of what belongs together would be a report that is
known and counted nowhere. So the records of a send are one batch, which a broker appends as a whole or not at all.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Protocol, TypeVar

from aiokafka import ConsumerRecord

from streams.config import Kafka
from streams.flow.batches import MAX_BATCH_BYTES, Outgoing, bytes_of
from streams.flow.convoy import Convoy
from streams.flow.lease import Lease
from streams.flow.log_reader import reading
from streams.flow.publisher import Publisher
from streams.flow.terms import Terms, claim_of, stamped, unstamped


class Log(Protocol):
    """What a state topic's partition says, while it is read."""

    def read(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record."""
        ...

    def value(self, key: bytes) -> bytes | None:
        """The latest value of a key, None where there is none."""
        ...


L = TypeVar("L", bound=Log)
_WHOLE = b"\x01"  # key under which earlier versions wrote the records of a send a second time
MAX_TOGETHER_BYTES = MAX_BATCH_BYTES // 2  # of a batch; a larger send is several
_Claim = tuple[int, int]  # generation of the group, term
_Claimed = tuple[_Claim, Sequence[Outgoing]]


class ClaimedAnewError(Exception):
    """The state was read anew since, by ourselves: what was decided before that is void, and must be decided again."""


class StateTopic:
    """The partitions of a state topic that this worker has claimed."""

    def __init__(self, kafka: Kafka, topic: str, publisher: Publisher, lease: Lease) -> None:
        self._kafka = kafka
        self._topic = topic
        self._publisher = publisher
        self._lease = lease
        self._claimed: dict[int, _Claim] = {}
        self._sending: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._convoys: dict[int, Convoy[_Claimed]] = {}

    async def recover(self, partition: int, log: L) -> L:
        """Claim a partition and read what was made durable in it into `log`.

        Raises LeaseLostError where the partition is another worker's by now.
        """
        generation, found = self._lease.generation, _Reading(log)
        async with self._sending[partition]:  # what an earlier try of ours is still sending comes first
            async with reading(self._kafka, self._topic, partition) as reader:
                async for records in reader.to_end():
                    found.take(records)
                term = 0
                while term < found.terms.latest or not term:
                    await self._lease.hold(generation)
                    term = max(generation, found.terms.latest + 1)
                    await self._publisher.send(self._topic, partition, [claim_of(term)])
                    while found.terms.latest < term:
                        found.take(await reader.more())
            self._claimed[partition] = generation, term
            shown = [(key, log.value(key)) for key in found.terms.hidden]
            await self._publisher.send(self._topic, partition, stamped(term, shown))
        return log

    async def send(self, partition: int, records: Sequence[Outgoing]) -> None:
        """Make records durable together, after those of the calls before; more than 450 kB, one part after the other.

        When this returns, whoever takes the partition over will read them: they may be told. So may what changes
        nothing and is told again, of which there are no records; what it repeats is durable then. Raises LeaseLostError
        where nothing may be told, ClaimedAnewError where the partition is ours, and its state not what it was.
        """
        if partition not in self._convoys:
            self._convoys[partition] = Convoy(partial(self._send_together, partition), MAX_TOGETHER_BYTES)
        claim = self._claimed[partition]
        try:
            await self._convoys[partition].put((claim, records), sum(map(bytes_of, records)))
        except ClaimedAnewError:
            await self._lease.hold(claim[0])  # which says so where it is another worker's by now
            raise
        await self._lease.hold(claim[0])

    async def _send_together(self, partition: int, sends: Sequence[_Claimed]) -> None:
        async with self._sending[partition]:
            claim = self._claimed[partition]
            if any(claimed != claim for claimed, _ in sends):
                raise ClaimedAnewError(f"{self._topic} {partition}")
            for part in _parts(chain.from_iterable(records for _, records in sends)):
                await self._publisher.send(self._topic, partition, stamped(claim[1], part))


class _Reading:
    """What was read of a partition so far."""

    def __init__(self, log: Log) -> None:
        self.terms = Terms()
        self._log = log

    def take(self, records: Sequence[ConsumerRecord]) -> None:
        """Take records that count into the log."""
        for record in records:
            if record.key != _WHOLE and self.terms.count(record.key, record.value):
                self._log.read(record.key, unstamped(record.value))


def _parts(records: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """Measured as the convoy measures: sends that may go together are one part, and none is cut for their stamps."""
    part: list[Outgoing] = []
    size = 0
    for record in records:
        if part and size + bytes_of(record) > MAX_TOGETHER_BYTES:
            yield part
            part, size = [], 0
        part.append(record)
        size += bytes_of(record)
    if part:
        yield part
