"""`sanwang shadow`: live reports through the city as it is and as it would be, beside the running pipeline.

It reads the events topics without a consumer group, so it can neither take a partition from a worker nor commit
anything, and it writes nothing to Kafka.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.config import Settings
from streams.core.accept import Envelope
from streams.core.event import Event
from streams.flow.brokers import Broker, BrokerUnavailable, TopicError
from streams.flow.security import aiokafka_security, kafka_python_security
from streams.flow.topics import EVENTS, EVENTS_URGENT
from streams.telemetry.metrics import ShadowMetrics
from streams.whatif.asked import Asked, report_of
from streams.whatif.compare import Comparison, Difference, Sums
from streams.whatif.files import Write
from streams.whatif.names import Names
from streams.whatif.pair import Pair
from streams.whatif.tried import Tried, load_both

# While a broker is away aiokafka complains several times a second; that it is away is seen by the count standing still.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
_POLL_MS = 500
_decoder = msgspec.msgpack.Decoder(list[Event])
Tell = Callable[[Sums], None]


class Shadow:
    """Two sides that see every event from now on; both begin without open incidents, so neither is at an advantage."""

    def __init__(self, settings: Settings, tried: Tried) -> None:
        """Raises CityFaults and ModelFileError if either city cannot be loaded."""
        cities = load_both(Tried(Path(settings.city)), tried)
        self.names = Names(*cities)
        self.metrics = ShadowMetrics()
        self._settings = settings
        self._pair = Pair(*cities, settings.kafka.partitions)
        self._comparison = Comparison()

    async def run(
        self, stop: asyncio.Event, listening: asyncio.Event, tell: Tell, every_s: float, write: Write
    ) -> Sums:
        """Follow the events until `stop`, and `tell` the sums every so many seconds; `listening` is set once it does.

        Raises BrokerUnavailable where no broker answers, TopicError before a worker has made the topics.
        """
        try:
            consumer = await self._consumer()
        except KafkaError as error:
            raise BrokerUnavailable(f"the Kafka broker does not serve us: {error!r}") from None
        listening.set()
        told_at = monotonic()
        try:
            while not stop.is_set():
                for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                    write(self.take(records))
                if monotonic() - told_at >= every_s:
                    told_at = monotonic()
                    tell(self._comparison.sums)
        finally:
            with suppress(KafkaError, asyncio.CancelledError):  # its own fetch, cancelled, where the broker has gone
                await consumer.stop()
        return self._comparison.sums

    def take(self, records: Sequence[ConsumerRecord]) -> list[Difference]:
        """Have both sides decide on the events of some records."""
        asked = [_asked(event) for record in records for event in _decoder.decode(record.value)]
        lines, refused = self._pair.hear(range(len(asked)), asked)
        found = self._comparison.add([*refused, *self._pair.decide(lines)])
        self.metrics.reports.inc(len(asked))
        for one in found:
            self.metrics.differences.labels(one.kind).inc()
        return found

    async def _consumer(self) -> Any:  # noqa: ANN401 - aiokafka has no types
        kafka = self._settings.kafka
        counts = await asyncio.to_thread(self._partitions)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap, enable_auto_commit=False, auto_offset_reset="latest",
            **aiokafka_security(kafka),
        )  # fmt: skip
        await consumer.start()
        places = [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
        consumer.assign(places)
        for place in places:
            await consumer.position(place)  # from here on, not from wherever the log ends at the first fetch
        return consumer

    def _partitions(self) -> dict[str, int]:
        kafka = self._settings.kafka
        with Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker:
            found = broker.partitions((EVENTS, EVENTS_URGENT))
        if len(found) < 2:
            raise TopicError(f"the broker at {kafka.bootstrap} has no events yet: start a worker first")
        return found


def _asked(event: Event) -> Asked:
    where = Envelope(event.source_partition, event.source_offset, event.received_at, event.replayed)
    return Asked(report_of(event), where)
