"""What an operator does with dead letters: look at them, send the record again once the cause is mended, or drop them.

A letter's id is feed/partition/offset, as in `police/2/1041`. The record itself is read back from its feed's topic.
What is done is written through the ledger, so the office works beside a running worker and while none runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.config import Kafka, Settings
from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerRecord, BrokerUnavailable
from streams.flow.dead_letters import PUSHED, REFUSED_HEADER
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.security import aiokafka_security, kafka_python_security
from streams.flow.topics import ORDERS, SOURCE_TOPICS
from streams.warehouse.select import select
from streams.warehouse.tables import DEAD_LETTERS

_MAX_REQUEST_BYTES = 2 << 20  # whatever the broker took once, it takes again
_TOPIC_OF = {feed: topic for topic, feed in SOURCE_TOPICS.items()} | {PUSHED: ORDERS}
_COLUMNS = ", ".join(
    f"toUnixTimestamp64Milli({name})" if name == "received_at" else name for name in DEAD_LETTERS.columns
)
_ID = "concat(feed, '/', toString(source_partition), '/', toString(source_offset))"
_LIST = f"""
SELECT {_ID} AS id, received_at, reason, detail, if(file = '', '', concat(file, ':', toString(line))) AS source, status
FROM sanwang.dead_letters FINAL WHERE {{where}} ORDER BY received_at DESC LIMIT {{limit}}
"""  # noqa: S608 - a fixed expression


class LetterId(msgspec.Struct, frozen=True):
    """Position of the record behind a dead letter."""

    feed: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> LetterId:
        """Read feed/partition/offset; raises SanwangError for anything else."""
        parts = text.split("/")
        if len(parts) != 3 or parts[0] not in _TOPIC_OF or not (parts[1].isdigit() and parts[2].isdigit()):
            feeds = ", ".join(_TOPIC_OF)
            raise SanwangError(f"{text!r} is no dead letter's id: feed/partition/offset, where feed is one of {feeds}")
        return cls(parts[0], int(parts[1]), int(parts[2]))

    def __str__(self) -> str:
        return f"{self.feed}/{self.partition}/{self.offset}"


def list_letters(settings: Settings, status: str, reason: str, limit: int) -> bytes:
    """Dead letters as a table, newest first. `status` "all" for every one, `reason` "" for any."""
    wanted = [f"{name} = '{_plain(value)}'" for name, value in (("status", status), ("reason", reason))
              if value and value != "all"]
    return select(settings.clickhouse, _LIST.format(where=" AND ".join(wanted) or "1", limit=limit))


def show_letter(settings: Settings, letter: LetterId) -> bytes:
    """Everything that is known of one dead letter."""
    sql = f"SELECT * FROM sanwang.dead_letters FINAL WHERE {_where(letter)}"  # noqa: S608 - checked by LetterId
    shown = select(settings.clickhouse, sql, "Vertical")
    if not shown.strip():
        raise SanwangError(f"there is no dead letter {letter}")
    return shown


def open_letters(settings: Settings, reason: str) -> list[LetterId]:
    """Ids of all open dead letters, or of those with one reason."""
    where = "status = 'open'" + (f" AND reason = '{_plain(reason)}'" if reason else "")
    sql = f"SELECT {_ID} FROM sanwang.dead_letters FINAL WHERE {where} ORDER BY received_at"  # noqa: S608 - plain words
    return [LetterId.parse(line) for line in select(settings.clickhouse, sql, "TSVRaw").decode().split()]


async def drop_letters(settings: Settings, letters: Sequence[LetterId]) -> None:
    """Mark dead letters as dropped: looked at, nothing to be done.

    An embedded broker numbers its records anew each time: open letters of one id from several of its runs go together.
    """
    rows = [row for letter in letters for row in _rows(settings, letter) if row["status"] == "open"]
    async with _reaching(settings.kafka):
        await _mark(settings.kafka, rows, "dropped")


async def replay_letters(settings: Settings, letters: Sequence[LetterId]) -> None:
    """Send the records behind dead letters to their feeds once more, then mark the letters as replayed.

    Raises SanwangError, before anything is sent, when a record is gone from its topic or was never one (a file's row).
    """
    found = _originals(settings, letters)
    async with _reaching(settings.kafka):
        await _send_again(settings.kafka, [record for _, record in found])
        await _mark(settings.kafka, [row for row, _ in found], "replayed")


def _originals(settings: Settings, letters: Sequence[LetterId]) -> list[tuple[Mapping[str, Any], BrokerRecord]]:
    """Row and record of each letter."""
    kafka = settings.kafka
    with Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker:
        log_id = broker.cluster_id()
        return [_original(broker, letter, log_id, _rows(settings, letter)) for letter in letters]


def _original(
    broker: Broker, letter: LetterId, log_id: str, rows: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], BrokerRecord]:
    row = next((row for row in rows if row["log_id"] == log_id), None)
    if row is None:
        raise SanwangError(f"{letter} was received by another Kafka cluster than {broker.servers}")
    record = broker.read(_TOPIC_OF[letter.feed], letter.partition, letter.offset)
    if record is None:
        raise SanwangError(f"the record of {letter} is no longer in its topic: it was kept for a time only")
    if row["file"] or any(name == REFUSED_HEADER for name, _ in record.headers):
        raise SanwangError(f"{letter} is a row of a file that fits no record: mend the file, replay it again")
    return row, record


async def _send_again(kafka: Kafka, records: Sequence[BrokerRecord]) -> None:
    """With their headers: a record of a file's replay stays history."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, acks="all", max_request_size=_MAX_REQUEST_BYTES, **aiokafka_security(kafka)
    ) as producer:
        for r in records:
            await producer.send_and_wait(r.topic, r.value, key=r.key, partition=r.partition, headers=list(r.headers))


async def _mark(kafka: Kafka, rows: Sequence[Mapping[str, Any]], status: str) -> None:
    marked = [list({**row, "status": status, "revision": int(row["revision"]) + 1}.values()) for row in rows]
    publisher = Publisher(kafka, lambda _topic: None)
    try:
        await publisher.start()
        await send_rows(publisher, 0, {"dead_letters": marked})
    finally:
        await publisher.stop()


@asynccontextmanager
async def _reaching(kafka: Kafka) -> AsyncIterator[None]:
    """Say in words that no broker is there."""
    try:
        yield
    except KafkaError as error:
        raise BrokerUnavailable(f"the Kafka broker at {kafka.bootstrap} does not serve us: {error!r}") from None


def _rows(settings: Settings, letter: LetterId) -> list[dict[str, Any]]:
    """The letter as it stands, by column; more than one where several logs have had a letter of this id."""
    sql = f"SELECT {_COLUMNS} FROM sanwang.dead_letters FINAL WHERE {_where(letter)}"  # noqa: S608 - checked by LetterId
    sql += " SETTINGS output_format_json_quote_64bit_integers = 0"
    answer = select(settings.clickhouse, sql, "JSONCompactEachRow")
    if not answer.strip():
        raise SanwangError(f"there is no dead letter {letter}")
    return [dict(zip(DEAD_LETTERS.columns, msgspec.json.decode(line), strict=True)) for line in answer.splitlines()]


def _where(letter: LetterId) -> str:
    return f"feed = '{letter.feed}' AND source_partition = {letter.partition} AND source_offset = {letter.offset}"


def _plain(word: str) -> str:
    if not word.replace("_", "").isalnum():
        raise SanwangError(f"{word!r} is no status or reason: letters and _ only")
    return word
