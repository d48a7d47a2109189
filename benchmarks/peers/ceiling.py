"""The ceiling: a bare confluent-kafka loop that decodes Avro and inserts rows, and does nothing in between."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer

from benchmarks.corework import LOG_ID
from benchmarks.peers.store import Store
from streams.config import Settings
from streams.core.localtime import to_ms
from streams.errors import RefusedError
from streams.flow.rows import Row
from streams.flow.topics import FEED_TOPICS, GRID_ALLCLEARS, RECORDS
from streams.wire.codec import Codec
from streams.wire.source import FileSource

BATCH = 1_000
WAIT_S = 0.1


def run(settings: Settings) -> None:
    """Run until it is ended."""
    store, codec = Store(settings.clickhouse), Codec(FileSource())
    consumer = Consumer({
        "bootstrap.servers": settings.kafka.bootstrap, "group.id": "ceiling", "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })
    consumer.subscribe(list(FEED_TOPICS))
    while True:
        messages = consumer.consume(BATCH, WAIT_S)
        for message in messages:
            store.add(_row(codec, message))
        store.write()
        if messages:
            consumer.commit(asynchronous=True)


def _row(codec: Codec, message: Any) -> dict[str, list[Row]]:  # noqa: ANN401 - confluent-kafka has no types
    topic, at = message.topic(), message.timestamp()[1]
    place = (message.partition(), message.offset())
    try:
        record = codec.decode(RECORDS[topic], message.value())
    except RefusedError as error:
        return {"dead_letters": [(LOG_ID, FEED_TOPICS[topic], *place, error.reason, "", "", "", 0, at, "open", 1)]}
    if topic == GRID_ALLCLEARS:
        clear = (LOG_ID, *place, record["number"], record["grid_code"], 0, to_ms(record["report_time"]), at)
        return {"all_clears": [clear]}
    return {"events": [_event_row(FEED_TOPICS[topic], place, record, at)]}


def _event_row(feed: str, place: tuple[int, int], record: dict[str, Any], at: int) -> Row:
    """A row as wide as the pipeline's, with what stands in the record."""
    text, address = record.get("text") or record.get("detail") or "", record.get("address") or ""
    return (
        LOG_ID, feed, *place, record["number"], "new", "", False, at, at, record.get("grid_code") or "", "none",
        False, record.get("lon"), record.get("lat"), "", "none", 0.0, "", "", 4, False, text, address, 0, False, "",
        False, place[1],
    )
