"""One endpoint's courier: reads `orders` with a cursor of its own and brings its units' orders, in order.

A cursor for each endpoint keeps a slow department from holding up others, and loses nothing: orders wait in Kafka, not
in memory, and the cursor moves past an order only when the endpoint has taken it or its dead letter is confirmed. A
restart goes on from there; what was taken but not yet committed comes twice, with the same id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import count
from urllib.parse import quote

import aiohttp
import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.config import Kafka, Push
from streams.errors import RefusedError
from streams.flow.log_reader import METADATA_MS
from streams.flow.security import aiokafka_security
from streams.flow.topics import ORDERS, RECORDS
from streams.push.endpoints import Endpoint
from streams.push.letters import Letters
from streams.push.signing import headers_of
from streams.telemetry.door_metrics import PushMetrics
from streams.wire.codec import Codec

_RECORD = RECORDS[ORDERS]
_WINDOW = 8  # orders on their way to one endpoint at a time
_FETCH_BYTES = 65_536  # of a partition; a larger record comes all the same
_POLL_MS = 500
_REFUSED = frozenset({400, 409, 413, 415, 422})  # the endpoint has read the order and does not want it
_BROKEN = frozenset({500, 501, 505, 507, 508})  # the endpoint breaks, which may be the order's fault
_BROKEN_TRIES = 5
# Any other answer (no route, a wrong secret, busy, away) is no judgement on an order: all wait for the endpoint.
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_PAUSE_S = 2.0
log = structlog.get_logger(__name__)


class Courier:
    """Brings orders to one endpoint until it is cancelled."""

    def __init__(
        self, kafka: Kafka, push: Push, partitions: int, endpoint: Endpoint, session: aiohttp.ClientSession,
        codec: Codec, letters: Letters, metrics: PushMetrics, pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """`partitions` are those of `orders`.

        `pauses_s` are waited after the first, second, ... try of an order, the last one after all further ones.
        """
        self._kafka, self._push, self._partitions, self._endpoint = kafka, push, partitions, endpoint
        self._session, self._codec, self._letters, self._metrics = session, codec, letters, metrics
        self._pauses_s = pauses_s
        self._oldest = metrics.oldest.labels(endpoint.name)
        self._waiting: dict[tuple[int, int], int] = {}  # orders on their way: position -> ms UTC of the record

    def refresh(self) -> None:
        """Bring the age of the oldest waiting order up to date."""
        now = int(time.time() * 1000)
        self._oldest.set(max((now - at for at in self._waiting.values()), default=0) / 1000)

    async def run(self) -> None:
        """Work; a broker that goes away is waited for."""
        while True:
            try:
                await self._follow()
            except KafkaError as error:
                log.warning("no broker", unit=self._endpoint.name, error=repr(error), retry_s=_PAUSE_S)
                await asyncio.sleep(_PAUSE_S)

    async def _follow(self) -> None:
        """From the committed positions on; a new endpoint gets what the topic still holds."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap, group_id=f"{self._kafka.group}.push.{self._endpoint.name}",
            enable_auto_commit=False, auto_offset_reset="earliest", max_partition_fetch_bytes=_FETCH_BYTES,
            metadata_max_age_ms=METADATA_MS, **aiokafka_security(self._kafka),
        )  # fmt: skip
        try:
            await consumer.start()
            consumer.assign([TopicPartition(ORDERS, number) for number in range(self._partitions)])
            while True:
                found = await consumer.getmany(timeout_ms=_POLL_MS)
                for place, records in found.items():
                    await self._bring_all(consumer, place, records)
        finally:
            await consumer.stop()

    async def _bring_all(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> None:
        """A few at a time; the cursor follows what is done."""
        ours = [record for record in records if _unit(record) in self._endpoint.secrets]
        for start in range(0, len(ours), _WINDOW):
            window = ours[start : start + _WINDOW]
            self._waiting = {(r.partition, r.offset): int(r.timestamp) for r in window}
            async with asyncio.TaskGroup() as tasks:
                for record in window:
                    tasks.create_task(self._bring(record))
            await consumer.commit({place: window[-1].offset + 1})
        if records[-1] is not (ours[-1] if ours else None):
            await consumer.commit({place: records[-1].offset + 1})

    async def _bring(self, record: ConsumerRecord) -> None:
        """One order, until it is taken or a dead letter."""
        name = self._endpoint.name
        try:
            order = self._codec.decode(_RECORD, record.value or b"")
        except RefusedError as error:  # nobody but a stranger can have written it
            outcome, reason = "refused", (error.reason, error.detail)
        else:
            outcome, reason = await self._try(record, order)
        if outcome == "delivered":
            self._metrics.delay.labels(name).observe(max(0.0, time.time() - int(order["issued_at"]) / 1000))
        else:
            log.warning("order not pushed", unit=_unit(record), partition=record.partition, offset=record.offset,
                        outcome=outcome, detail=reason[1])  # fmt: skip
            await self._letters.bury(record, *reason)
        self._metrics.pushed.labels(name, outcome).inc()
        del self._waiting[record.partition, record.offset]

    async def _try(self, record: ConsumerRecord, order: Mapping[str, object]) -> tuple[str, tuple[str, str]]:
        """What became of an order: delivered, refused, or undelivered after all tries; and why."""
        body = msgspec.json.encode(order)
        broken = 0
        message_id = quote(f"{order['order_id']}:{order['revision']}", safe=":/")
        for tries in count(1):
            status, detail = await self._post(_unit(record), message_id, body)
            if 200 <= status < 300:
                return "delivered", ("", "")
            if status in _REFUSED:
                return "refused", ("push_refused", detail)
            broken += status in _BROKEN
            self._metrics.failures.labels(self._endpoint.name, "error" if status in _BROKEN else "away").inc()
            if broken >= _BROKEN_TRIES or time.time() - record.timestamp / 1000 > self._push.give_up_s:
                return "undelivered", ("push_undelivered", f"{detail}, {tries} tries")
            await asyncio.sleep(self._pauses_s[min(tries, len(self._pauses_s)) - 1])
        raise AssertionError("unreachable: count() does not end")

    async def _post(self, unit: str, message_id: str, body: bytes) -> tuple[int, str]:
        """Status and its meaning in words; status 0 where there was no answer. The answer's body is not read."""
        headers = headers_of(self._endpoint.secrets[unit], message_id, int(time.time()), body)
        began = time.perf_counter()
        try:
            async with self._session.post(
                self._endpoint.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return response.status, f"the endpoint answers {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, f"no answer ({type(error).__name__})"
        finally:
            self._metrics.seconds.labels(self._endpoint.name).observe(time.perf_counter() - began)


def _unit(record: ConsumerRecord) -> str:
    return (record.key or b"").decode("utf-8", errors="replace")
