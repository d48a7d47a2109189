"""Rows of a data file for the batch commands: all of them, or a fault that names file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from streams.core.normalise import normalise
from streams.core.scrub import scrub
from streams.errors import FileFault
from streams.intake.files import DataFile
from streams.intake.rows import RefusedRowError, Row

_ANY_TIME = "20000101000000"  # classification asks for no time


class Rows(Struct, frozen=True):
    """A file in memory."""

    file: str
    columns: tuple[str, ...]
    lines: tuple[int, ...]  # where each row starts
    rows: tuple[Row, ...]


class Writer(Protocol):
    """What writes the rows of a CSV file."""

    def writerow(self, row: Iterable[object], /) -> object:
        """Write one row."""
        ...


def read_rows(path: Path, needed: Sequence[str]) -> Rows:
    """All rows of a CSV or JSON Lines file. Raises FileFault for a column that is missing and a row that is broken."""
    lines, rows = [], []
    with DataFile(path) as data:
        for line, row in data:
            if isinstance(row, RefusedRowError):
                raise FileFault(str(path), line, 1, f"{row.reason}: {row.detail}")
            lines.append(line)
            rows.append(row)
        columns = data.columns or tuple(dict.fromkeys(name for row in rows for name in row))
    missing = [name for name in needed if name not in columns]
    if missing:
        raise FileFault(str(path), 1, 1, f"there is no column {', '.join(missing)}", f"it has {', '.join(columns)}")
    return Rows(str(path), columns, tuple(lines), tuple(rows))


def cell(row: Row, column: str) -> str:
    """Text of a cell, "" for an empty one."""
    value = row.get(column)
    return "" if value is None else str(value).strip()


def text_of(row: Row, columns: Sequence[str]) -> str:
    """The text of a row as the stream sees a call's: the first column is the title, the others the detail; scrubbed.

    So a model learns from what it will be asked about, and nobody's telephone or name gets into it.
    """
    title, *details = (cell(row, column) for column in columns)
    record = {"number": "1", "call_time": _ANY_TIME, "title": title, "detail": "。".join(filter(None, details))}
    return scrub(normalise("hotline", record).text)


@contextmanager
def csv_file(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    """A new CSV file with a header, in UTF-8 with the mark that spreadsheets look for."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        yield writer
