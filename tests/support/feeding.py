"""Single records into the feeds, as bad as a test wants them, each at a known position."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from streams.core.localtime import from_ms
from streams.wire.codec import Codec
from streams.wire.source import FileSource

LIMIT = 1_048_000  # bytes of a batch: a little below what Kafka takes
CODEC = Codec(FileSource())


class Raw(NamedTuple):
    """A record as it goes over the wire; `timestamp` in ms, None for now."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp: int | None = None


async def put(servers: str, topic: str, records: Sequence[Raw], partition: int = 0) -> list[int]:
    """Send each record as a batch of its own to one partition; the offsets that they got."""
    confirmations = []
    async with AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", max_batch_size=LIMIT, max_request_size=2 * LIMIT
    ) as producer:
        for record in records:
            batch = producer.create_batch()
            batch.append(
                key=b"k", value=record.value, timestamp=record.timestamp, headers=list(record.headers)
            )
            confirmations.append(await producer.send_batch(batch, topic, partition=partition))
        return [(await confirmation).offset for confirmation in confirmations]


def now() -> str:
    """This second as the feeds write it."""
    return from_ms(int(time.time() * 1000))


def call(number: str, **changes: Any) -> bytes:
    """A call to the hotline in the demo city; `changes` are fields of HotlineCall."""
    record = {"number": number, "detail": "小区门口路灯不亮", "area_code": "990101001001", "call_time": now()}
    return CODEC.encode("HotlineCall", record | changes)


def alert(number: str, **changes: Any) -> bytes:
    """A 110 alert in the demo city; `changes` are fields of PoliceAlert."""
    record = {"number": number, "text": "有人打架", "jurisdiction_code": "990101001000", "alarm_time": now(),
              "receive_time": now()}  # fmt: skip
    return CODEC.encode("PoliceAlert", record | changes)


def report(number: str, **changes: Any) -> bytes:
    """A grid worker's report in the demo city; `changes` are fields of GridReport."""
    record = {"number": number, "text": "垃圾堆放", "grid_code": "990101001001001", "report_time": now()}
    return CODEC.encode("GridReport", record | changes)


def all_clear(number: str, **changes: Any) -> bytes:
    """A grid worker's all-clear in the demo city; `changes` are fields of AllClear."""
    record = {"number": number, "grid_code": "990101001001001", "worker": "W10862", "report_time": now()}
    return CODEC.encode("AllClear", record | changes)


def update(number: str, order_id: str, step: str, by: str, **changes: Any) -> bytes:
    """A step of an order; `changes` are fields of OrderUpdate."""
    record = {"number": number, "order_id": order_id, "step": step, "step_time": now(), "by": by}
    return CODEC.encode("OrderUpdate", record | changes)


def acknowledged(number: str, incident_id: str, source: str, target: str, reason: str, **changes: Any) -> bytes:
    """The acknowledgement of a record pushed across; `changes` are fields of HandOverAck."""
    record = {"number": number, "incident_id": incident_id, "from_line": source, "to_line": target, "reason": reason,
              "ack_time": now()}  # fmt: skip
    return CODEC.encode("HandOverAck", record | changes)
