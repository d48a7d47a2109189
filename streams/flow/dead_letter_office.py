"""What an operator does with dead letters: look at them, send the record again once the cause is mended, or drop them.

A letter's id is feed/partition/offset, as in `police/2/1041`. The record itself is read back from its feed's topic.
What is done is written through the ledger, so the office works beside a running worker and while none runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.config import Settings
from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerRecord
from streams.flow.dead_letters import REFUSED_HEADER
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.security import kafka_python_security
from streams.flow.topics import FEED_TOPICS
from streams.warehouse.select import select
from streams.warehouse.tables import DEAD_LETTERS

_TOPIC_OF = {feed: topic for topic, feed in FEED_TOPICS.items()}
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
    """Mark dead letters as dropped: looked at, nothing to be done."""
    publisher = Publisher(settings.kafka, lambda _topic: None)
    await publisher.start()
    try:
        await _mark(settings, publisher, letters, "dropped")
    finally:
        await publisher.stop()


async def replay_letters(settings: Settings, letters: Sequence[LetterId]) -> None:
    """Send the records behind dead letters to their feeds once more, then mark the letters as replayed.

    Raises SanwangError, before anything is sent, when a record is gone from its topic or was never one (a file's row).
    """
    records = _originals(settings, letters)
    publisher = Publisher(settings.kafka, lambda _topic: None)
    await publisher.start()
    try:
        for record in records:
            await publisher.send(record.topic, record.partition, [(record.key, record.value or b"")])
        await _mark(settings, publisher, letters, "replayed")
    finally:
        await publisher.stop()


def _originals(settings: Settings, letters: Sequence[LetterId]) -> list[BrokerRecord]:
    kafka = settings.kafka
    with Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker:
        log_id = broker.cluster_id()
        records = []
        for letter in letters:
            if _fields(settings, letter)["log_id"] != log_id:
                raise SanwangError(f"{letter} was received by another Kafka cluster than {kafka.bootstrap}")
            record = broker.read(_TOPIC_OF[letter.feed], letter.partition, letter.offset)
            if record is None:
                raise SanwangError(f"the record of {letter} is no longer in its topic: it was kept for a time only")
            if any(name == REFUSED_HEADER for name, _ in record.headers):
                raise SanwangError(f"{letter} is a row of a file that fits no record: mend the file, replay it again")
            records.append(record)
    return records


async def _mark(settings: Settings, publisher: Publisher, letters: Sequence[LetterId], status: str) -> None:
    rows: list[list[Any]] = []
    for letter in letters:
        fields = _fields(settings, letter)
        rows.append(list((fields | {"status": status, "revision": int(fields["revision"]) + 1}).values()))
    await send_rows(publisher, 0, {"dead_letters": rows})


def _fields(settings: Settings, letter: LetterId) -> dict[str, Any]:
    """The letter's row as it stands, by column."""
    sql = f"SELECT {_COLUMNS} FROM sanwang.dead_letters FINAL WHERE {_where(letter)}"  # noqa: S608 - checked by LetterId
    sql += " ORDER BY received_at DESC LIMIT 1 SETTINGS output_format_json_quote_64bit_integers = 0"
    answer = select(settings.clickhouse, sql, "JSONCompactEachRow")
    if not answer.strip():
        raise SanwangError(f"there is no dead letter {letter}")
    return dict(zip(DEAD_LETTERS.columns, msgspec.json.decode(answer), strict=True))


def _where(letter: LetterId) -> str:
    return f"feed = '{letter.feed}' AND source_partition = {letter.partition} AND source_offset = {letter.offset}"


def _plain(word: str) -> str:
    if not word.replace("_", "").isalnum():
        raise SanwangError(f"{word!r} is no status or reason: letters and _ only")
    return word
