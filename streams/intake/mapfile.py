"""Reads MAP.toml into a `FeedMap`. Strict: what it does not know is a fault with line and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.core.event import FEEDS, Feed
from streams.intake.codetable import read_codes
from streams.intake.fieldrules import FieldRule, Source
from streams.intake.maps import SHANGHAI, FeedMap, FieldBuilder, field_source
from streams.intake.times import LOCAL, TimeReader, time_reader
from streams.intake.tomlfile import TomlFile

_TOP = ("feed", "required", "fields", "constants", "time", "coordinates", "codes")
_SOURCE = ("column", "columns", "join", "codes", "otherwise", "from")
_LON, _LAT = ("lon", "caller_lon", "scene_lon"), ("lat", "caller_lat", "scene_lat")


def read_map(path: Path) -> FeedMap:
    """The map in one file. Raises FileFault."""
    return _MapFile(TomlFile(path)).map()


class _MapFile:
    def __init__(self, toml: TomlFile) -> None:
        self._toml = toml
        self._top = toml.content
        self._known("", self._top, _TOP)
        self._feed = self._feed_name()
        self._builder: FieldBuilder = field_source(self._feed)
        self._codes = self._code_tables()

    def map(self) -> FeedMap:
        rules = self._rules()
        given = {rule.field for rule in rules}
        missing = [field for field in self._builder.required() if field not in given]
        if missing:
            raise self._toml.fault("", "fields", f"nothing fills the required field {missing[0]}")
        required = self._strings("", "required", self._top.get("required", []))
        return FeedMap(self._feed, rules, required, self._offsets(), self._toml.path.name)

    def _feed_name(self) -> Feed:
        feed = self._top.get("feed")
        if feed not in FEEDS:
            raise self._toml.fault("", "feed", f"unknown feed {feed!r}", f"expected {', '.join(FEEDS)}")
        return cast("Feed", feed)

    def _rules(self) -> tuple[FieldRule, ...]:
        fields, constants = self._table("fields"), self._table("constants")
        for table, names in (("fields", fields), ("constants", constants)):
            self._known(table, names, tuple(self._builder.schema), f"field of the {self._feed} feed")
        for field in constants.keys() & fields.keys():
            raise self._toml.fault("constants", field, f"{field} is filled twice: by [fields] and by [constants]")
        read_time, read_constant = self._time_reader(), time_reader((LOCAL,), SHANGHAI)
        return (
            *(self._builder.rule(field, self._source(field, told), read_time) for field, told in fields.items()),
            *(self._constant(field, told, read_constant) for field, told in constants.items()),
        )

    def _constant(self, field: str, told: object, read_time: TimeReader) -> FieldRule:
        if not isinstance(told, str | int | float):
            raise self._toml.fault("constants", field, f"{field} must be one value")
        text = str(told).lower() if isinstance(told, bool) else str(told)
        return self._builder.rule(field, Source(constant=text), read_time)

    def _source(self, field: str, told: object) -> Source:
        if isinstance(told, str):
            return Source(columns=(told,))
        if isinstance(told, list):
            return Source(columns=self._strings("fields", field, told))
        if not isinstance(told, dict):
            raise self._toml.fault("fields", field, f"{field} must name a column, a list of columns, or a table")
        unknown = [key for key in told if key not in _SOURCE]
        if unknown:
            raise self._toml.fault("fields", field, f"unknown key {unknown[0]!r} of {field}", _expected(_SOURCE))
        return self._source_table(field, told)

    def _source_table(self, field: str, told: dict[str, Any]) -> Source:
        if len({"column", "columns", "from"} & told.keys()) != 1:
            raise self._toml.fault("fields", field, f"{field} needs exactly one of column, columns and from")
        if told.get("from", "line") != "line":
            raise self._toml.fault("fields", field, f"{field} cannot be from {told['from']!r}", 'expected "line"')
        columns = told.get("columns", [told["column"]] if "column" in told else [])
        return Source(
            columns=self._strings("fields", field, columns),
            join=self._string(field, told, "join", " "),
            from_line="from" in told,
            codes=self._code_table(field, self._string(field, told, "codes", "")),
            otherwise=self._string(field, told, "otherwise", ""),
        )

    def _code_table(self, field: str, name: str) -> Mapping[str, str] | None:
        if not name:
            return None
        if name.endswith(".csv"):
            return read_codes(self._toml.path.parent / name)
        if name not in self._codes:
            raise self._toml.fault("fields", field, f"no table [codes.{name}]", _expected(tuple(self._codes)))
        return self._codes[name]

    def _code_tables(self) -> dict[str, dict[str, str]]:
        tables = self._table("codes")
        for name, table in tables.items():
            if not isinstance(table, dict):
                raise self._toml.fault("codes", name, f"codes.{name} must be a table of value = code")
            for value, code in table.items():
                if not isinstance(code, str):
                    raise self._toml.fault(f"codes.{name}", value, f"the code of {value!r} must be a string")
        return tables

    def _time_reader(self) -> TimeReader:
        told = self._table("time")
        self._known("time", told, ("format", "zone"))
        formats = told.get("format", LOCAL)
        zone = told.get("zone", "Asia/Shanghai")
        try:
            zone_info = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            raise self._toml.fault("time", "zone", f"unknown time zone {zone!r}", "for example Asia/Shanghai") from None
        return time_reader(
            self._strings("time", "format", [formats] if isinstance(formats, str) else formats), zone_info
        )

    def _offsets(self) -> dict[str, float]:
        told = self._table("coordinates")
        self._known("coordinates", told, ("offset_lon", "offset_lat"))
        offsets: dict[str, float] = {}
        for key, fields in (("offset_lon", _LON), ("offset_lat", _LAT)):
            degrees = told.get(key, 0.0)
            if not isinstance(degrees, int | float) or isinstance(degrees, bool) or not -360 <= degrees <= 360:
                raise self._toml.fault("coordinates", key, f"{key} must be degrees, from -360 to 360")
            if degrees:
                offsets |= {field: float(degrees) for field in fields if field in self._builder.schema}
        return offsets

    def _table(self, name: str) -> dict[str, Any]:
        table = self._top.get(name, {})
        if not isinstance(table, dict):
            raise self._toml.fault("", name, f"{name} must be a table: [{name}]")
        return table

    def _known(self, table: str, keys: Mapping[str, object], known: tuple[str, ...], kind: str = "key") -> None:
        for key in keys:
            if key not in known:
                raise self._toml.fault(table, key, f"{key!r} is no known {kind}", _expected(known))

    def _string(self, field: str, told: Mapping[str, object], key: str, default: str) -> str:
        value = told.get(key, default)
        if not isinstance(value, str):
            raise self._toml.fault("fields", field, f"{key} of {field} must be a string")
        return value

    def _strings(self, table: str, key: str, told: object) -> tuple[str, ...]:
        if not isinstance(told, list) or not all(isinstance(part, str) for part in told):
            raise self._toml.fault(table, key, f"{key} must be a string or a list of strings")
        return tuple(told)


def _expected(known: tuple[str, ...]) -> str:
    return f"expected {', '.join(known)}"
