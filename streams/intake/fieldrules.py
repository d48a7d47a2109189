"""One field of a record out of one row: where its value comes from, and what type it must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from streams.errors import RefusedError
from streams.intake.rows import Row

_TRUE = frozenset({"true", "yes", "y", "1", "是"})
_FALSE = frozenset({"false", "no", "n", "0", "否"})


class Source(Struct, frozen=True):
    """Where a field's text comes from: columns, a constant, or the row's own line."""

    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str | None = None
    from_line: bool = False  # the file's name and the line number
    codes: Mapping[str, str] | None = None  # value -> code; a value that is not in it gives `otherwise`
    otherwise: str = ""

    def text(self, row: Row, file: str, line: int) -> str:
        """The field's text, "" when there is none. Raises RefusedError("bad_value") for a nested JSON object."""
        text = self._raw(row, file, line)
        return text if self.codes is None else self.codes.get(text, self.otherwise)

    def _raw(self, row: Row, file: str, line: int) -> str:
        if self.constant is not None:
            return self.constant
        if self.from_line:
            return f"{file}:{line}"
        if len(self.columns) == 1:
            return _cell(row, self.columns[0])
        return self.join.join(text for column in self.columns if (text := _cell(row, column)))


class FieldRule(Struct, frozen=True):
    """How to fill one field."""

    field: str
    source: Source
    convert: Callable[[str], object]
    optional: bool  # a blank value leaves the field to the schema's default

    def value(self, row: Row, file: str, line: int) -> object | None:
        """The field's value, None to leave it out. Raises RefusedError: missing_field, bad_value or bad_time."""
        text = self.source.text(row, file, line)
        if text:
            return self.convert(text)
        if self.optional:
            return None
        origin = " and ".join(self.source.columns) or "its constant"
        raise RefusedError("missing_field", f"{self.field}: {origin} is blank")


def converter(field: str, avro_type: Any) -> Callable[[str], object]:  # noqa: ANN401 - any part of a schema
    """Text to a value of the field's Avro type; the converter raises RefusedError("bad_value")."""
    kind = next(part for part in avro_type if part != "null") if isinstance(avro_type, list) else avro_type
    if kind == "double":
        return lambda text: _number(field, text)
    if kind == "boolean":
        return lambda text: _truth(field, text)
    if isinstance(kind, dict) and kind.get("type") == "array":
        return lambda text: text.replace(";", " ").split()
    return str


def _cell(row: Row, column: str) -> str:
    value = row.get(column)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    if isinstance(value, dict):
        raise RefusedError("bad_value", f"{column} holds an object, no single value")
    return "" if value is None else str(value)


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RefusedError("bad_value", f"{field} is no number") from None


def _truth(field: str, text: str) -> bool:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise RefusedError("bad_value", f"{field} is neither yes nor no")
