"""JSON Lines as rows."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from streams.intake.encoding import without_bom
from streams.intake.lines import Line
from streams.intake.rows import CELL_LIMIT, RefusedRowError, Row


def json_rows(lines: Iterator[Line], encoding: str) -> Iterator[tuple[int, Row | RefusedRowError]]:
    """Line number and object of each line that is not blank."""
    for line in lines:
        if line.fault or line.data.strip():
            yield line.number, _row(line, encoding)


def _row(line: Line, encoding: str) -> Row | RefusedRowError:
    text = without_bom(line.data).decode(encoding, "replace")
    if line.fault:
        return RefusedRowError(line.fault, "the line cannot be read to its end", text)
    try:
        row = orjson.loads(without_bom(line.data).decode(encoding))
    except UnicodeDecodeError as error:
        return RefusedRowError("undecodable", f"byte {error.start + 1} of the line is not {encoding}", text)
    except orjson.JSONDecodeError as error:
        return RefusedRowError("bad_row", f"broken JSON at column {error.colno}: {error.msg}", text)
    if not isinstance(row, dict):
        return RefusedRowError("bad_row", "the line is no JSON object", text)
    if any(isinstance(value, str) and len(value) > CELL_LIMIT for value in row.values()):
        return RefusedRowError("too_large", f"a value has over {CELL_LIMIT} characters", text)
    return row
