"""The demo's units: those that lead read what they are sent, and answer each when it is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from zlib import crc32

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.config import Kafka
from streams.errors import RefusedError
from streams.flow.security import aiokafka_security
from streams.flow.topics import ANSWER_TOPICS, HAND_OVERS, ORDERS, RECORDS
from streams.intake.sender import Sender
from streams.intake.simulator.units import Answer, Units
from streams.wire.codec import Codec

PACE = 3600.0  # an hour of theirs is a second of the demo's
MOST_ORDERS = 50.0  # a second that are answered: beyond that only a share of them is
_PAUSE_MS = 100
_SHARES = 1000


class Answering:
    """Answers the orders and hand-overs of one broker."""

    def __init__(self, kafka: Kafka, units: Units, codec: Codec, rate: float) -> None:
        """`rate` is how many records a second the feeds bring."""
        self._kafka, self._units, self._codec = kafka, units, codec
        self._share = min(1.0, MOST_ORDERS / max(rate, 1.0)) * _SHARES
        self._due: list[tuple[int, int, Answer]] = []  # with a number: answers of one millisecond have no order
        self._numbers = count()
        self._known: set[bytes] = set()

    async def run(self, stop: asyncio.Event, now: Callable[[], float] = time.time) -> None:
        """Answer until `stop` is set; on return everything sent is confirmed."""
        partitions = range(self._kafka.partitions)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
            **aiokafka_security(self._kafka),
        )  # fmt: skip
        consumer.assign([TopicPartition(topic, n) for topic in (ORDERS, HAND_OVERS) for n in partitions])
        async with Sender(self._kafka, tuple(ANSWER_TOPICS)) as sender:
            await consumer.start()
            try:
                while not stop.is_set():
                    for records in (await consumer.getmany(timeout_ms=_PAUSE_MS)).values():
                        for record in records:
                            self._read(record)
                    await self._answer(sender, int(now() * 1000))
            finally:
                await consumer.stop()

    async def _answer(self, sender: Sender, now: int) -> None:
        while self._due and self._due[0][0] <= now:
            answer = heappop(self._due)[2]
            value = self._codec.encode(RECORDS[answer.topic], answer.record)
            await sender.add(answer.topic, answer.key, value)
        await sender.flush()

    def _read(self, record: ConsumerRecord) -> None:
        with suppress(RefusedError):  # a record of a later release
            told = self._codec.decode(RECORDS[record.topic], record.value)
            if record.topic == HAND_OVERS:
                identity = "/".join(str(told[name]) for name in ("incident_id", "from_line", "to_line", "reason"))
                answer = self._units.acknowledgement(told)
                self._plan(identity, [answer] if answer else [])
            elif told["role"] == "lead":
                self._plan(told["order_id"], self._units.answers(told))

    def _plan(self, identity: str, answers: list[Answer]) -> None:
        """Note what will be answered, the first time that an order or a record is seen."""
        key = identity.encode()
        if key in self._known or crc32(key) % _SHARES >= self._share:
            return
        self._known.add(key)
        for answer in answers:
            heappush(self._due, (answer.at, next(self._numbers), answer))
