"""An order that was never taken is listed, and sent again into `orders` when somebody asks for it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from streams.config import ClickHouse, Kafka, Settings
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.dead_letter_office import LetterId, list_letters, replay_letters
from streams.flow.dead_letters import push_letter
from streams.flow.embedded import EmbeddedBroker
from streams.flow.rows import dead_letter_row
from streams.flow.topics import LEDGER, ORDERS
from streams.warehouse.migrate import migrate
from streams.warehouse.opening import open_warehouse


async def put(servers: str) -> ConsumerRecord:
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all") as producer:
        sent = await producer.send_and_wait(ORDERS, b"an order", key=b"U1")
    return ConsumerRecord(ORDERS, sent.partition, sent.offset, int(time.time() * 1000), 0, b"U1", b"", None, 2, 8, ())


def test_it_is_listed_and_sent_again(tmp_path: Path) -> None:
    with EmbeddedBroker("push-letters", tmp_path) as broker:
        settings = Settings(
            kafka=Kafka(bootstrap=broker.servers), clickhouse=ClickHouse(url=f"embedded:{tmp_path / 'warehouse'}")
        )
        with Broker(broker.servers) as face:
            face.create_topics(TopicSpec(topic, 2) for topic in (ORDERS, LEDGER))
            record = asyncio.run(put(broker.servers))
            letter = push_letter(face.cluster_id(), record, "push_refused", "the endpoint answers 422")
        warehouse = open_warehouse(settings.clickhouse)
        migrate(warehouse)
        warehouse.insert("dead_letters", [dead_letter_row(letter)])
        warehouse.close()
        shown = list_letters(settings, "open", "push_refused", 10).decode()
        assert f"orders/{record.partition}/{record.offset}" in shown
        asyncio.run(replay_letters(settings, [LetterId.parse(f"orders/{record.partition}/{record.offset}")]))
        with Broker(broker.servers) as face:
            again = [(one.key, one.value, one.partition) for one in face.records(ORDERS)]
            assert again == [(b"U1", b"an order", record.partition)] * 2
            assert len(list(face.records(LEDGER))) == 1
