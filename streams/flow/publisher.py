"""Sending: the records of a chunk to their topics and partitions, confirmed by all in-sync replicas.

What waits for a broker goes to it in one request, whatever topics and partitions it is for, as soon as the request
before is answered: a request costs a broker some 0.1 ms, however little it carries, and us more. What nobody waits for
(`streams.flow.topics.UNHURRIED`) goes along, and has a request of its own only where none is made up within 20 ms.

A send returns only when the broker has confirmed it. While no broker answers it is repeated, for ever: what it carries
is not acknowledged yet, so nothing is lost by waiting and nothing grows. A record that is repeated may be overtaken and
may come twice; whoever reads ours goes by ids and revisions.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count

import structlog
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError, LeaderNotAvailableError, UnknownError
from aiokafka.partitioner import murmur2

from streams.config import Kafka
from streams.flow.batches import ACKS_MS, MAX_BATCH_BYTES, Outgoing, Piece, outcomes_of, pieces_of, request_of
from streams.flow.brokers import BrokerUnavailable
from streams.flow.security import aiokafka_security
from streams.flow.topics import UNHURRIED

_CONNECT_S = 10.0
_FLUSH_S = 2.0
_ANSWER_MS = ACKS_MS + 5_000  # a broker that has not answered by then is taken for gone
_REQUEST_BYTES = 4_000_000  # more goes with the next request, so that no urgent record waits long
_COMPANY_S = 0.02  # how long unhurried records wait for others to go with
PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # before a send is repeated; the last one from then on
log = structlog.get_logger(__name__)


class Publisher:
    """One producer for everything that a worker sends."""

    def __init__(self, kafka: Kafka, on_failure: Callable[[str], None]) -> None:
        """`on_failure` is told the topic each time the broker did not confirm."""
        self._kafka = kafka
        self._on_failure = on_failure
        self._client: AIOKafkaClient | None = None
        self._topics: dict[str, asyncio.Future[bool]] = {}  # asked for their leaders: done when answered
        self._waiting: dict[TopicPartition, deque[Piece]] = {}
        self._asked: dict[int, asyncio.Task[None]] = {}  # the request to each broker that is not answered yet
        self._dispatching = False
        self._waits_for_company: asyncio.TimerHandle | None = None
        self._partition_of_key: dict[bytes, int] = {}

    async def start(self) -> None:
        """Connect; raises BrokerUnavailable where no broker answers. Must be called in the loop that will send."""
        client = AIOKafkaClient(
            bootstrap_servers=self._kafka.bootstrap, client_id="sanwang", request_timeout_ms=_ANSWER_MS,
            **aiokafka_security(self._kafka),
        )
        try:
            await asyncio.wait_for(client.bootstrap(), _CONNECT_S)
        except (KafkaError, TimeoutError) as error:
            await client.close()
            raise BrokerUnavailable(f"no broker answers at {self._kafka.bootstrap}: {error or 'time-out'}") from None
        self._client = client

    async def stop(self) -> None:
        """Disconnect; what is not confirmed by then was never acknowledged."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=_FLUSH_S)
        for task in list(self._asked.values()):
            task.cancel()
        self._settle(chain.from_iterable(self._waiting.values()), KafkaConnectionError("stopped"))
        self._waiting.clear()
        await client.close()

    def partition_of(self, key: bytes) -> int:
        """Kafka's own partition for a key (murmur2), remembered."""
        partition = self._partition_of_key.get(key)
        if partition is None:
            partition = (murmur2(key) & 0x7FFFFFFF) % self._kafka.partitions
            self._partition_of_key[key] = partition
        return partition

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        """Send records to one partition, in order where nothing is repeated; returns when all are confirmed."""
        await self.send_all(topic, {partition: records})

    async def send_all(self, topic: str, by_partition: Mapping[int, Sequence[Outgoing]]) -> None:
        """Send to several partitions of a topic at once; returns when all are confirmed.

        Raises TooLargeError for a record that Kafka would not take.
        """
        left = by_partition
        for attempt in count():
            left, error = await self._send_once(topic, left)
            if error is None:
                return
            self._on_failure(topic)
            log.warning("not confirmed", topic=topic, error=str(error), attempt=attempt)
            await asyncio.sleep(_pause_s(attempt))

    async def _send_once(
        self, topic: str, by_partition: Mapping[int, Sequence[Outgoing]]
    ) -> tuple[Mapping[int, Sequence[Outgoing]], KafkaError | None]:
        """Send; returns the records that were not confirmed, and what stood in the way of any."""
        client = self._connected()
        if topic not in self._topics:
            self._topics[topic] = asyncio.ensure_future(client.add_topic(topic))
        if not self._topics[topic].done():
            await asyncio.wait([self._topics[topic]], timeout=_CONNECT_S)
        loop = asyncio.get_running_loop()
        pieces = [
            piece for partition, records in by_partition.items()
            for piece in pieces_of(TopicPartition(topic, partition), records, loop)
        ]  # fmt: skip
        for piece in pieces:
            self._waiting.setdefault(piece.tp, deque()).append(piece)
        self._dispatch_in_time()
        left: dict[int, list[Outgoing]] = {}
        found: KafkaError | None = None
        for piece in pieces:
            if error := await piece.outcome:
                left.setdefault(piece.tp.partition, []).extend(piece.records)
                found = error
        return left, found

    def _connected(self) -> AIOKafkaClient:
        if self._client is None:
            raise RuntimeError("the publisher is not started, or was stopped")
        return self._client

    def _dispatch_in_time(self) -> None:
        """At the end of this turn of the loop, where anything is in a hurry: what is sent in one turn goes together."""
        if not all(tp.topic in UNHURRIED for tp in self._waiting):
            self._dispatch_soon()
        elif self._waiting and self._waits_for_company is None:
            self._waits_for_company = asyncio.get_running_loop().call_later(_COMPANY_S, self._dispatch_soon)

    def _dispatch_soon(self) -> None:
        if not self._dispatching:
            self._dispatching = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        """Give each broker that has none to answer a request with all that waits for it."""
        self._dispatching = False
        if self._waits_for_company:
            self._waits_for_company.cancel()
            self._waits_for_company = None
        if self._client is None:
            return
        for node, tps in self._by_leader(self._client).items():
            request = self._taken(tps)
            self._asked[node] = asyncio.create_task(self._exchange(self._client, node, request))

    def _by_leader(self, client: AIOKafkaClient) -> dict[int, list[TopicPartition]]:
        """Partitions for which records wait, by the broker that leads them, where it has no request to answer."""
        found: dict[int, list[TopicPartition]] = {}
        for tp in list(self._waiting):
            node = client.cluster.leader_for_partition(tp)
            if node is None or node < 0:
                client.force_metadata_update()
                self._settle(self._waiting.pop(tp), LeaderNotAvailableError())
            elif node not in self._asked:
                found.setdefault(node, []).append(tp)
        return found

    def _taken(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, list[Piece]]:
        """Take what waits for partitions: a batch for each, no more bytes than a request should have."""
        taken: dict[TopicPartition, list[Piece]] = {}
        whole = 0
        for tp in tps:
            waiting, size = self._waiting[tp], 0
            while waiting and (not size or size + waiting[0].size <= MAX_BATCH_BYTES):
                size += waiting[0].size
                taken.setdefault(tp, []).append(waiting.popleft())
            if not waiting:
                del self._waiting[tp]
            whole += size
            if whole >= _REQUEST_BYTES:
                break
        return taken

    async def _exchange(self, client: AIOKafkaClient, node: int, taken: Mapping[TopicPartition, list[Piece]]) -> None:
        outcomes: Mapping[TopicPartition, KafkaError | None] = {}
        failure: KafkaError = UnknownError("the request broke off")
        try:
            outcomes = outcomes_of(await client.send(node, request_of(taken, int(time.time() * 1000))))
            failure = UnknownError("no word of the partition")
        except KafkaError as error:
            failure = error
        finally:
            del self._asked[node]
            for tp, pieces in taken.items():
                outcome = outcomes.get(tp, failure)
                if outcome is not None and outcome.invalid_metadata:
                    client.force_metadata_update()
                self._settle(pieces, outcome)
            self._dispatch_in_time()

    def _settle(self, pieces: Iterable[Piece], outcome: KafkaError | None) -> None:
        for piece in pieces:
            if not piece.outcome.done():
                piece.outcome.set_result(outcome)


def _pause_s(attempt: int) -> float:
    return PAUSES_S[min(attempt, len(PAUSES_S) - 1)]
