"""Orders as units see them: stamped when they arrive, compared later.

A consumer for each partition, so that a fetch waiting for one partition never holds back another. Order.received_at is
the Kafka timestamp of the report that caused it, which the driver set to the moment when it was due.
"""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.histogram import Histogram
from streams.flow.topics import ORDERS
from streams.wire.codec import Codec
from streams.wire.source import FileSource

_POLL_MS = 200


class OrderWatch:
    """Collects orders while it is entered; `keep` of 10 keeps every tenth."""

    def __init__(self, servers: str, partitions: int, keep: int = 1) -> None:
        self._servers, self._partitions, self._keep = servers, partitions, keep
        self._arrived: list[tuple[float, bytes]] = []
        self.count = 0
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the watcher of orders does not connect")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def latencies(self, since_ms: float) -> dict[str, Histogram]:
        """From report due to order seen, by feed; reports due before `since_ms` (warming up) are left out.

        An order that only adds to an earlier one of the same matter counts too: somebody waits for it as well.
        """
        codec = Codec(FileSource())
        by_feed: dict[str, Histogram] = {}
        for arrived, value in self._arrived:
            order = codec.decode("Order", value)
            if order["received_at"] >= since_ms:
                by_feed.setdefault(order["feed"], Histogram()).add(arrived - order["received_at"])
        return by_feed

    async def _run(self) -> None:
        consumers = [
            AIOKafkaConsumer(bootstrap_servers=self._servers, enable_auto_commit=False)
            for _ in range(self._partitions)
        ]
        for consumer in consumers:
            await consumer.start()
        try:
            for partition, consumer in enumerate(consumers):
                place = TopicPartition(ORDERS, partition)
                consumer.assign([place])
                await consumer.seek_to_beginning(place)
                await consumer.position(place)
            self._ready.set()
            await asyncio.gather(*(self._follow(consumer) for consumer in consumers))
        finally:
            for consumer in consumers:
                await consumer.stop()

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while not self._stop.is_set():
            batches = await consumer.getmany(timeout_ms=_POLL_MS)
            now = time.time() * 1000
            for records in batches.values():
                for record in records:
                    self.count += 1
                    if self.count % self._keep == 0:
                        self._arrived.append((now, record.value))
