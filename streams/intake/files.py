"""Data files as rows: CSV or JSON Lines, plain or gzip, UTF-8 or GB18030. A bad row is told, and the rest goes on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from streams.errors import FileFault
from streams.intake.csvrows import csv_rows
from streams.intake.encoding import detect_encoding, without_bom
from streams.intake.jsonrows import json_rows
from streams.intake.lines import Line, RawFile, open_raw
from streams.intake.rows import RefusedRowError, Row


class DataFile:
    """One data file, to be used as a context manager and iterated once.

    Yields (number of the line where the row starts, row) with a RefusedRowError in place of each row that cannot be
    read. Blank lines are no rows. Raises FileFault when the file cannot be opened or its header cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0  # bytes on disk
        self.encoding = ""
        self.form: Literal["csv", "jsonl"] = "csv"
        self.columns: tuple[str, ...] | None = None  # of a CSV file; JSON Lines have none of their own
        self._open = ExitStack()
        self._raw: RawFile | None = None

    def __enter__(self) -> Self:
        with open_raw(self.path) as sample:
            first = next(sample.lines(), Line(1, b"", ""))
        with open_raw(self.path) as sample:
            self.encoding = detect_encoding(str(self.path), (line.data for line in sample.lines()))
        self.size = self.path.stat().st_size
        self.form = "jsonl" if without_bom(first.data).lstrip().startswith(b"{") else "csv"
        self._raw = self._open.enter_context(open_raw(self.path))
        self._lines = self._raw.lines()
        if self.form == "csv":
            self._header()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk that have been read: out of `size`."""
        return self._raw.bytes_read if self._raw else 0

    def __iter__(self) -> Iterator[tuple[int, Row | RefusedRowError]]:
        if self.columns is None:
            return json_rows(self._lines, self.encoding)
        return csv_rows(self._lines, self.encoding, self.columns)

    def _header(self) -> None:
        line = next(self._lines, None)
        if line is None:
            raise FileFault(str(self.path), 1, 1, "the file is empty", "its first line must name the columns")
        try:
            text = without_bom(line.data).decode(self.encoding)
            names = [name.strip() for name in next(csv.reader([text], strict=True), [])]
        except (UnicodeDecodeError, csv.Error) as error:
            raise FileFault(str(self.path), 1, 1, f"the header cannot be read: {error}") from error
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not any(names):
            message = f"the header names {', '.join(map(repr, twice))} twice" if twice else "the header is blank"
            raise FileFault(str(self.path), 1, 1, message, "give each column a name of its own")
        self.columns = tuple(names)
