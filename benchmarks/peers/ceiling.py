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
from streams.warehouse.tables import DEGREES, EVENTS, FLAG, TEXT
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
        clear = (LOG_ID, *place, record["number"], record["grid_code"], to_ms(record["report_time"]), at)
        return {"all_clears": [clear]}
    return {"events": [_event_row(FEED_TOPICS[topic], place, record, at)]}


def _event_row(feed: str, place: tuple[int, int], record: dict[str, Any], at: int) -> Row:
    """A row as wide as the pipeline's, with what stands in the record."""
    text, address = record.get("text") or record.get("detail") or "", record.get("address") or ""
    told = {
        "log_id": LOG_ID, "feed": feed, "source_partition": place[0], "source_offset": place[1],
        "event_id": record["number"], "outcome": "new", "occurred_at": at, "received_at": at,
        "area": record.get("grid_code") or "", "lon": record.get("lon"), "lat": record.get("lat"), "text": text,
        "address": address, "version": place[1],
    }
    return tuple([told.get(name, empty) for name, empty in _EMPTY])


_OF_KIND = {TEXT: "", FLAG: False, DEGREES: None, "Float64": 0.0}
#: Every column of `events` with what stands in it when nothing is known.
_EMPTY = [
    (name, _OF_KIND.get(kind, 0))
    for name, kind in EVENTS.columns.items()
]
