"""A step's state in a compacted topic: written before anything is told to others, read when a partition is assigned.

One owner at a time: what a worker sends that has lost a partition meanwhile neither counts (see `streams.flow.terms`)
nor is told (see `streams.flow.lease`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol, TypeVar

from aiokafka import ConsumerRecord

from streams.config import Kafka
from streams.flow.lease import Lease
from streams.flow.log_reader import reading
from streams.flow.publisher import Outgoing, Publisher
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


class StateTopic:
    """The partitions of a state topic that this worker has claimed."""

    def __init__(self, kafka: Kafka, topic: str, publisher: Publisher, lease: Lease) -> None:
        self._kafka = kafka
        self._topic = topic
        self._publisher = publisher
        self._lease = lease
        self._claimed: dict[int, tuple[int, int]] = {}  # partition -> generation of the group, term
        self._sending: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def recover(self, partition: int, log: L) -> L:
        """Claim a partition and read what was made durable in it into `log`.

        Raises LeaseLostError where the partition is another worker's by now.
        """
        generation, terms = self._lease.generation, Terms()
        async with self._sending[partition]:  # what an earlier try of ours is still sending comes first
            async with reading(self._kafka, self._topic, partition) as reader:
                async for records in reader.to_end():
                    _take(records, terms, log)
                term = 0
                while term < terms.latest or not term:
                    await self._lease.hold(generation)
                    term = max(generation, terms.latest + 1)
                    await self._publisher.send(self._topic, partition, [claim_of(term)])
                    while terms.latest < term:
                        _take(await reader.more(), terms, log)
            self._claimed[partition] = generation, term
            shown = [(key, log.value(key)) for key in terms.hidden]
            await self._publisher.send(self._topic, partition, stamped(term, shown))
        return log

    async def send(self, partition: int, records: Sequence[Outgoing]) -> None:
        """Make records durable, after those of the calls before.

        When this returns, whoever takes the partition over will read them: they may be told. Raises LeaseLostError
        where they must not be.
        """
        generation, term = self._claimed[partition]
        async with self._sending[partition]:
            await self._publisher.send(self._topic, partition, stamped(term, records))
        await self._lease.hold(generation)


def _take(records: Sequence[ConsumerRecord], terms: Terms, log: Log) -> None:
    for record in records:
        if terms.count(record.key, record.value):
            log.read(record.key, unstamped(record.value))
