"""A map: how the rows of a file become records of a feed. Read from a TOML file, see `deploy/maps/README.md`.

A file whose columns already carry the names of the feed's schema needs no map: `default_map`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from streams.core.event import Feed
from streams.errors import FileFault, RefusedError
from streams.intake.fieldrules import FieldRule, Source, converter
from streams.intake.rows import Row
from streams.intake.times import LOCAL, TimeReader, time_reader
from streams.wire.files import RECORD_OF_FEED, SchemaFiles

SHANGHAI = ZoneInfo("Asia/Shanghai")
TIME_FIELDS: Mapping[Feed, tuple[str, ...]] = {
    "hotline": ("call_time",),
    "police": ("alarm_time", "receive_time"),
    "grid": ("report_time",),
}


class FeedMap(Struct, frozen=True):
    """Rows to records of one feed."""

    feed: Feed
    rules: tuple[FieldRule, ...]
    required: tuple[str, ...] = ()  # columns that may not be blank
    offsets: Mapping[str, float] = {}  # field -> degrees to add: moves a foreign data set into the demo city
    source: str = ""  # the map's own file, "" for the default map

    @property
    def record(self) -> str:
        """Name of the record's schema."""
        return RECORD_OF_FEED[self.feed]

    def columns(self) -> tuple[str, ...]:
        """Every column that the map reads, once."""
        return tuple(dict.fromkeys([*(c for rule in self.rules for c in rule.source.columns), *self.required]))

    def check_columns(self, file: str, columns: tuple[str, ...]) -> None:
        """Raises FileFault when a CSV file lacks a column that the map reads."""
        missing = [column for column in self.columns() if column not in columns]
        if missing:
            message = f"no column {', '.join(map(repr, missing))}, which {self.source or 'the default map'} reads"
            raise FileFault(file, 1, 1, message, f"the columns are {', '.join(columns)}")

    def apply(self, row: Row, file: str, line: int) -> dict[str, object]:
        """The record in `row`, which starts at `line` of `file` (its name, not its path: it may become the number).

        Raises RefusedError: "missing_field", "bad_value" or "bad_time".
        """
        for column in self.required:
            if row.get(column) in (None, ""):
                raise RefusedError("missing_field", f"{column} is blank")
        record: dict[str, object] = {}
        for rule in self.rules:
            value = rule.value(row, file, line)
            if value is not None:
                record[rule.field] = value
        for field, degrees in self.offsets.items():
            value = record.get(field)
            if isinstance(value, float) and value:  # 0 says "unknown" and stays so
                record[field] = value + degrees
        return record


class FieldBuilder(Struct, frozen=True):
    """Makes the rules of one feed: each has its field's type, and is optional if the schema has a default."""

    feed: Feed
    schema: Mapping[str, Mapping[str, Any]]

    def rule(self, field: str, source: Source, read_time: TimeReader) -> FieldRule:
        """The rule that fills `field` from `source`."""
        described = self.schema[field]
        convert = read_time if field in TIME_FIELDS[self.feed] else converter(field, described["type"])
        return FieldRule(field, source, convert, optional="default" in described)

    def required(self) -> tuple[str, ...]:
        """Fields that every record must have."""
        return tuple(name for name, field in self.schema.items() if "default" not in field)


def field_source(feed: Feed) -> FieldBuilder:
    """What the feed's schema says about each of its fields."""
    return FieldBuilder(feed, {field["name"]: field for field in SchemaFiles().current(RECORD_OF_FEED[feed])["fields"]})


def default_map(feed: Feed, file: str, columns: tuple[str, ...] | None) -> FeedMap:
    """The map of a file that speaks the feed's own field names; `columns` is None for JSON Lines.

    Raises FileFault when a CSV file lacks a required field.
    """
    builder = field_source(feed)
    missing = [field for field in builder.required() if columns is not None and field not in columns]
    if missing:
        message = f"no column {', '.join(map(repr, missing))}, and no map says what stands for it"
        raise FileFault(file, 1, 1, message, "give a map with --map, or name the columns as in schemas/")
    present = [field for field in builder.schema if columns is None or field in columns]
    read_time = time_reader((LOCAL,), SHANGHAI)
    return FeedMap(feed, tuple(builder.rule(field, Source(columns=(field,)), read_time) for field in present))
