"""A file's texts, each with what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from streams.batch.rows import cell, csv_file, read_rows, text_of
from streams.learning.labeller import Labeller

ADDED = ("class_item", "class_name", "class_of", "class_by", "class_score", "class_reasons", "class_alternatives")
_CHUNK = 1_000  # rows


def classify_file(file: Path, text: Sequence[str], out: Path, labeller: Labeller) -> Counter[str]:
    """Write the rows of `file` to `out` with item, class, score, reasons and alternatives of each.

    Returns how many rows were decided by code, text, model and none. Raises FileFault for rows that cannot be read.
    """
    data = read_rows(file, text)
    count: Counter[str] = Counter()
    with csv_file(out, (*data.columns, *ADDED)) as writer:
        for start in range(0, len(data.rows), _CHUNK):
            rows = data.rows[start : start + _CHUNK]
            for row, found in zip(rows, labeller.label([text_of(row, text) for row in rows]), strict=True):
                count[found.by] += 1
                writer.writerow([
                    *(cell(row, name) for name in data.columns), found.label, found.name, found.class_name, found.by,
                    found.score, "；".join(found.reasons), "|".join(found.alternatives),
                ])  # fmt: skip
    return count
