"""Which encoding a data file is in: UTF-8 (with or without byte order mark) or GB18030."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from streams.errors import FileFault

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LINES = 1000  # lines beyond ASCII that decide; some of them may be broken


def detect_encoding(file: str, lines: Iterable[bytes]) -> str:
    """ "utf-8" or "gb18030", from the beginning of a file: the one that most lines beyond ASCII can be read in.

    Raises FileFault for UTF-16.
    """
    votes = 0
    for line in islice((line for line in lines if not line.isascii()), _LINES):
        if line.startswith(_UTF16):
            raise FileFault(file, 1, 1, "the file is in UTF-16", "save it as UTF-8")
        if line.startswith(_BOM):
            return "utf-8"
        votes += 1 if _reads(line, "utf-8") else -1 if _reads(line, "gb18030") else 0
    return "gb18030" if votes < 0 else "utf-8"


def without_bom(line: bytes) -> bytes:
    """The first line of a file without its byte order mark."""
    return line.removeprefix(_BOM)


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
