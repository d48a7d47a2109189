"""Physical lines of a data file, plain or gzip, with their numbers; broken ones are told, never raised."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from streams.errors import FileFault

LINE_LIMIT = 8 << 20  # bytes; a longer line is refused without being held in memory
_GZIP = b"\x1f\x8b"


class Line(NamedTuple):
    """One physical line with its line end. `fault` is "" or the reason why `data` is not the whole line."""

    number: int  # counted from 1
    data: bytes
    fault: str


class RawFile:
    """An open data file: reads lines, and knows how many bytes of it have been read for a progress bar."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        zipped = raw.read(2) == _GZIP
        raw.seek(0)
        self._plain = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if zipped else raw

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, of the file as it lies on disk."""
        return self._raw.tell()

    def lines(self) -> Iterator[Line]:
        """All lines. A gzip file that breaks off ends with a faulty line."""
        number = 0
        try:
            while data := self._plain.readline(LINE_LIMIT):
                number += 1
                if len(data) == LINE_LIMIT and not data.endswith(b"\n"):
                    self._skip_to_line_end()
                    yield Line(number, data[:200], "too_large")
                else:
                    yield Line(number, data, "")
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield Line(number + 1, b"", "undecodable")

    def _skip_to_line_end(self) -> None:
        while (data := self._plain.readline(LINE_LIMIT)) and not data.endswith(b"\n"):
            pass


@contextmanager
def open_raw(path: Path) -> Iterator[RawFile]:
    """The file at `path`, unzipped if it is gzip (by its content). Raises FileFault when it cannot be opened."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise FileFault(str(path), 0, 0, f"cannot open the file: {error.strerror}") from error
    with raw:
        yield RawFile(raw)
