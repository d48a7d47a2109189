"""Answers of the engine as Python values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

#: One line of names, one of types, then one JSON array a row.
ANSWER_FORMAT = "JSONCompactEachRowWithNamesAndTypes"


def rows_of(answer: bytes) -> list[tuple[Any, ...]]:
    """Rows of an answer in `ANSWER_FORMAT` with ISO times: times become aware datetimes, dates dates."""
    lines = answer.splitlines()
    if not lines:  # a statement without an answer
        return []
    readers = [_reader(kind) for kind in msgspec.json.decode(lines[1], type=list[str])]
    rows = (msgspec.json.decode(line, type=list[Any]) for line in lines[2:])
    return [tuple(read(value) for read, value in zip(readers, row, strict=True)) for row in rows]


def named_rows_of(answer: bytes) -> list[dict[str, Any]]:
    """Likewise, each row by its columns' names."""
    names = msgspec.json.decode(answer.split(b"\n", 1)[0], type=list[str]) if answer else []
    return [dict(zip(names, row, strict=True)) for row in rows_of(answer)]


def _reader(kind: str) -> Callable[[Any], Any]:
    plain = kind.removeprefix("LowCardinality(").removeprefix("Nullable(")
    if plain.startswith("DateTime"):
        return lambda value: None if value is None else datetime.fromisoformat(value)
    if plain.startswith("Date"):
        return lambda value: None if value is None else date.fromisoformat(value)
    return lambda value: value
