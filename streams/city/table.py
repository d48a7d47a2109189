"""CSV tables of a city folder, with the place of every cell for the faults."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

from streams.city.faults import suggest
from streams.errors import FileFault

_MOST = 1_000  # faults of one file that are told; a wrong column would else tell as many as there are lines
_UNDATED = ("0000-00-00", "9999-99-99")
Row = tuple[int, tuple[str, ...]]  # line number from 1, cells in the order that was asked for


class Table:
    """One CSV file: UTF-8, a header, lines that begin with # are comments."""

    def __init__(self, folder: Path, name: str, faults: list[FileFault]) -> None:
        self.name = name
        self._path = folder / name
        self._faults = faults
        self._columns: list[str] = []
        self._told = 0

    @property
    def full(self) -> bool:
        """So many faults that no more are told."""
        return self._told >= _MOST

    def rows(self, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
        """Cells of the `required`, then of the `optional` columns of each line; a missing optional column is "".

        Lines with a wrong number of cells, and files that cannot be read, are faults and yield nothing.
        """
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                yield from self._read(file, required, optional)
        except FileNotFoundError:
            self.fault(1, "", "the file is missing", f"columns: {','.join(required)}")
        except OSError as error:
            self.fault(1, "", f"the file cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            line, column = self._undecodable()
            self._faults.append(FileFault(self.name, line, column, "not UTF-8", "save the file as CSV UTF-8"))

    def _read(self, file: Iterator[str], required: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
        lines = _Lines(file)
        reader = csv.reader(lines, strict=True)
        pick = None
        try:
            for count, cells in enumerate(reader, 1):
                if self.full:
                    return
                if reader.line_num != count:
                    self.fault(lines.start, "", "a cell holds a line break", "is a quote not closed?")
                    return
                if pick is None:
                    pick = self._header(lines.number, cells, required, optional)
                    if pick is None:
                        return
                elif len(cells) == len(self._columns):
                    cells.append("")
                    yield lines.number, pick(cells)
                elif cells:
                    self._uneven(lines.number, cells)
                lines.inside = False
        except csv.Error as error:
            self.fault(lines.start, "", f"not CSV: {error}", "is a quote not closed?")
        if pick is None:
            self.fault(1, "", "the file has no header", f"columns: {','.join(required)}")

    def _header(
        self, line: int, cells: list[str], required: Sequence[str], optional: Sequence[str]
    ) -> itemgetter[Any] | None:
        self._columns = cells
        wanted = [*required, *optional]
        unknown = [name for name in cells if name not in wanted or cells.count(name) > 1]
        for name in unknown:
            self.fault(line, name, f"column {name!r} is unknown or there twice", suggest(name, wanted))
        missing = [name for name in required if name not in cells]
        for name in missing:
            self.fault(line, "", f"column {name!r} is missing")
        if unknown or missing:
            return None
        return itemgetter(*[cells.index(name) if name in cells else -1 for name in wanted])

    def _uneven(self, line: int, cells: list[str]) -> None:
        expected = len(self._columns)
        last = self._columns[min(len(cells), expected) - 1]
        hint = "quote a cell that holds a comma" if len(cells) > expected else ""
        self.fault(line, last, f"{len(cells)} cells instead of {expected}", hint)

    def fault(self, line: int, column: str, message: str, suggestion: str = "", *, inside: int = 0) -> None:
        """Collect a fault of the cell in `line` under the header `column` ("" for the line itself).

        `inside` is how many characters into the cell it stands.
        """
        self._told += 1
        if self._told > _MOST:
            return
        if self.full:
            message, suggestion = f"{message}; {_MOST} faults: the rest of the file is not told", ""
        offset = 1
        if column in self._columns:  # then the file has been read
            offsets = _offsets(self._text[line - 1])
            offset = offsets[min(self._columns.index(column), len(offsets) - 1)]
            offset += inside + (inside > 0 and self._text[line - 1][offset - 1] == '"')
        self._faults.append(FileFault(self.name, line, offset, message, suggestion))

    @cached_property
    def _text(self) -> list[str]:
        return self._path.read_text(encoding="utf-8-sig", errors="replace").split("\n")

    def _undecodable(self) -> tuple[int, int]:
        """Line and column of the first byte that is not UTF-8."""
        data = self._path.read_bytes()
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8", errors="replace").split("\n")
            return len(before), len(before[-1]) + 1
        return 1, 1


class _Lines:
    """The lines of a file that are not comments; `number` is the one last given, `start` where its record began."""

    def __init__(self, file: Iterator[str]) -> None:
        self._file = file
        self.number = 0
        self.start = 1
        self.inside = False  # of a record; the reader of the records says when one has ended

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.number += 1
            if line.startswith("#") and not self.inside:
                continue
            if not self.inside:
                self.start, self.inside = self.number, True
            if "\0" in line:
                raise csv.Error("a zero byte")
            yield line


class Register:
    """The codes of one table: refuses blanks around them, and two rows of one code that are valid at the same time."""

    def __init__(self, table: Table, day: str) -> None:
        """`day` (ISO) is the day that the city is loaded for."""
        self._table = table
        self._day = day
        self.lines: dict[str, int] = {}  # code -> line of its latest row
        self._periods: dict[str, list[tuple[str, str, int]]] = {}

    def admit(self, line: int, code: str, valid_from: str, valid_to: str, column: str = "code") -> bool:
        """Whether the row of `code` is sound and in force on the day; a faulty one is collected and not admitted."""
        if not code or code != code.strip():
            hint = f"write {code.strip()!r}" if code.strip() else ""
            self._table.fault(line, column, f"code {code!r} is padded with blanks" if hint else "code is empty", hint)
            return False
        if not valid_from and not valid_to and code not in self.lines:
            self.lines[code] = line
            return True
        return self._admit_dated(line, code, valid_from, valid_to, column)

    def _admit_dated(self, line: int, code: str, valid_from: str, valid_to: str, column: str) -> bool:
        if not self._dates(line, valid_from, valid_to):
            return False
        start, end = valid_from or _UNDATED[0], valid_to or _UNDATED[1]
        first = self.lines.get(code)
        known = self._periods.setdefault(code, [(*_UNDATED, first)] if first else [])
        for other_start, other_end, other_line in known:
            if start <= other_end and other_start <= end:
                self._clash(line, code, valid_from, other_line, column)
                return False
        known.append((start, end, line))
        self.lines[code] = line
        return start <= self._day <= end

    def _clash(self, line: int, code: str, valid_from: str, other: int, column: str) -> None:
        if valid_from:
            message, hint = f"validity of {code} overlaps that of line {other}", "end the earlier row the day before"
            self._table.fault(line, "valid_from", message, hint)
        else:
            self._table.fault(line, column, f"duplicate code {code}, first in line {other}", "remove one, or date both")

    def _dates(self, line: int, valid_from: str, valid_to: str) -> bool:
        sound = True
        for column, value in (("valid_from", valid_from), ("valid_to", valid_to)):
            if value and not is_date(value):
                self._table.fault(line, column, f"{value!r} is no date", "write it as 2026-01-31")
                sound = False
        if sound and valid_from and valid_to and valid_to < valid_from:
            self._table.fault(line, "valid_to", f"ends on {valid_to}, before it begins on {valid_from}")
            return False
        return sound


def _offsets(line: str) -> list[int]:
    """Character offset from 1 of each cell in a CSV line."""
    offsets, quoted = [1], False
    for position, character in enumerate(line, 1):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            offsets.append(position + 1)
    return offsets


def is_date(text: str) -> bool:
    """Whether `text` is a day written as 2026-01-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
