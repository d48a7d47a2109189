"""A file's row as what is sent to its feed: a record, or why there is none, which becomes a dead letter."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import json

from streams.core.localtime import to_ms
from streams.core.scrub import scrub
from streams.errors import RefusedError
from streams.flow.dead_letters import PERSONAL_FIELDS, REFUSED_HEADER, Refusal
from streams.flow.intake import REPLAY_HEADER
from streams.intake.maps import TIME_FIELDS, FeedMap
from streams.intake.rows import RefusedRowError, Row, preview
from streams.intake.sender import MAX_RECORD_BYTES, Headers
from streams.wire.codec import Codec

_HEADERS: Headers = ((REPLAY_HEADER, b"1"),)


class Post(NamedTuple):
    """One message of a replay."""

    key: bytes
    value: bytes
    headers: Headers
    at_ms: int | None  # when it happened, ms UTC; None for a refused row


class Poster:
    """Turns the rows of one file into posts. The same file gives the same posts, so a second replay is recognised."""

    def __init__(self, feed_map: FeedMap, codec: Codec, file: str) -> None:
        """`file` is the file's name without its folder."""
        self._map = feed_map
        self._codec = codec
        self._file = file
        self._time = TIME_FIELDS[feed_map.feed][0]
        self._shown = _shown_columns(feed_map)

    def post(self, line: int, row: Row | RefusedRowError) -> Post:
        """The post of the row that starts at `line`."""
        if isinstance(row, RefusedRowError):
            return self._refused(line, row, row.preview)
        try:
            return self._record(line, row)
        except RefusedError as error:
            return self._refused(line, error, self._preview(row))

    def _record(self, line: int, row: Row) -> Post:
        record = self._map.apply(row, self._file, line)
        value = self._codec.encode(self._map.record, record)
        if len(value) > MAX_RECORD_BYTES:
            raise RefusedError("too_large", f"the record has {len(value)} bytes, Kafka takes {MAX_RECORD_BYTES}")
        return Post(str(record["number"]).encode(), value, _HEADERS, to_ms(str(record[self._time])))

    def _refused(self, line: int, error: RefusedError, shown: str) -> Post:
        refusal = json.encode(Refusal(error.reason, scrub(error.detail), self._file, line))
        key = f"{self._file}:{line}".encode()
        return Post(key, shown.encode(), (*_HEADERS, (REFUSED_HEADER, refusal)), None)

    def _preview(self, row: Row) -> str:
        return preview(", ".join(f"{name}={row[name]}" for name in self._shown if row.get(name) not in (None, "")))


def _shown_columns(feed_map: FeedMap) -> tuple[str, ...]:
    """Columns that the map reads, without those that say who called."""
    personal = {c for rule in feed_map.rules if rule.field in PERSONAL_FIELDS for c in rule.source.columns}
    return tuple(column for column in feed_map.columns() if column not in personal)
