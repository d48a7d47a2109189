"""What a data file yields: rows, and errors in the place of rows that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping

from streams.core.scrub import scrub
from streams.errors import RefusedError

CELL_LIMIT = 1 << 20  # characters
_PREVIEW = 200

Row = Mapping[str, object]


class RefusedRowError(RefusedError):
    """A row that cannot be read, with the scrubbed beginning of its text.

    Reasons: "bad_row" (column count, broken JSON or quotes), "undecodable" (bytes that are not in the file's encoding,
    gzip that breaks off) and "too_large" (a cell of over 1 MB).
    """

    def __init__(self, reason: str, detail: str, text: str) -> None:
        super().__init__(reason, detail)
        self.preview = preview(text)


def preview(text: str) -> str:
    """The beginning of a row for a dead letter: scrubbed first and cut then, so that no half number slips through."""
    return scrub(text[: _PREVIEW * 20])[:_PREVIEW]
