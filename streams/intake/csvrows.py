"""CSV as rows, by the standard library's parser in its strict mode.

A quote that is opened and never closed would swallow all rows after it. So the lines of a row are kept until the row
is known to be good: of a bad one only the first line is refused, and the lines after it are read again.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from streams.intake.encoding import without_bom
from streams.intake.lines import LINE_LIMIT, Line
from streams.intake.rows import CELL_LIMIT, RefusedRowError, Row


def csv_rows(
    lines: Iterator[Line], encoding: str, columns: tuple[str, ...]
) -> Iterator[tuple[int, Row | RefusedRowError]]:
    """Line number (where the row starts) and row of each row below the header."""
    csv.field_size_limit(LINE_LIMIT)  # of the whole process: the only way that the module knows; ours is checked below
    feeder = _Feeder(lines, encoding)
    reader = csv.reader(feeder, strict=True)
    while True:
        feeder.begin_row()
        try:
            cells, broken = next(reader), ""
        except StopIteration:
            cells, broken = [], ""
        except csv.Error as error:
            cells, broken = [], f"broken CSV: {error}"
        if not feeder.taken:
            return
        if not broken and not cells and not feeder.fault:
            continue  # a blank line
        row = _row(cells, broken, columns, feeder)
        yield feeder.taken[0].number, row
        if isinstance(row, RefusedRowError) and row.reason == "bad_row":
            feeder.give_back()


def _row(cells: list[str], broken: str, columns: tuple[str, ...], feeder: _Feeder) -> Row | RefusedRowError:
    if feeder.fault:
        return RefusedRowError(feeder.fault, feeder.fault_detail, feeder.text())
    if broken or len(cells) != len(columns):
        detail = broken or f"{len(cells)} columns, the header has {len(columns)}"
        return RefusedRowError("bad_row", detail, feeder.first_text())
    if feeder.size > CELL_LIMIT and max(map(len, cells)) > CELL_LIMIT:
        return RefusedRowError("too_large", f"a cell has over {CELL_LIMIT} characters", feeder.text())
    return dict(zip(columns, cells, strict=True))


class _Feeder:
    """Gives decoded lines to the CSV parser and remembers which ones a row has taken."""

    def __init__(self, lines: Iterator[Line], encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._again: deque[Line] = deque()
        self.begin_row()

    def begin_row(self) -> None:
        self.taken: list[Line] = []
        self.size = 0  # bytes
        self.fault = ""  # reason why the row cannot be read, whatever its form
        self.fault_detail = ""

    def give_back(self) -> None:
        """All lines but the first are read again."""
        self._again.extendleft(reversed(self.taken[1:]))

    def text(self) -> str:
        return "".join(without_bom(line.data).decode(self._encoding, "replace") for line in self.taken)

    def first_text(self) -> str:
        return without_bom(self.taken[0].data).decode(self._encoding, "replace")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        if self.taken and (line.fault or self.size + len(line.data) > LINE_LIMIT):
            self._again.appendleft(line)
            raise StopIteration  # a quote that stays open: the parser reports it
        self.taken.append(line)
        self.size += len(line.data)
        if line.fault:
            self.fault, self.fault_detail = line.fault, "the line cannot be read to its end"
            raise StopIteration
        try:
            return line.data.decode(self._encoding)
        except UnicodeDecodeError as error:
            self.fault = "undecodable"
            self.fault_detail = f"byte {error.start + 1} of line {line.number} is not {self._encoding}"
            return line.data.decode(self._encoding, "replace")
