"""Code tables that stand in a CSV file beside a map: what a source calls a matter, and our code for it."""

from __future__ import annotations

import csv
from pathlib import Path

from streams.errors import FileFault


def read_codes(path: Path) -> dict[str, str]:
    """A code table in a CSV file with the header value,code. Raises FileFault, also for a value given twice."""
    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileFault(str(path), 1, 1, f"cannot read the code table: {error}") from error
    if not rows or rows[0] != ["value", "code"]:
        raise FileFault(str(path), 1, 1, "the header is not value,code")
    codes: dict[str, str] = {}
    for line, row in enumerate(rows[1:], 2):
        if len(row) != 2:
            raise FileFault(str(path), line, 1, f"{len(row)} columns, expected 2: value,code")
        value, code = row[0].strip(), row[1].strip()
        if value in codes:
            raise FileFault(str(path), line, 1, f"{value!r} stands here a second time")
        codes[value] = code
    return codes
