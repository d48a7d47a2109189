"""SQL files to statements: split at semicolons that stand outside of quotes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<quoted>  '(?:\\.|''|[^'\\])*' | "(?:\\.|[^"\\])*" | `(?:\\.|[^`\\])*` )
    | (?P<end>     ; )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)


def split_statements(sql: str) -> Iterator[str]:
    """The statements of `sql` in order, without comments, trailing semicolons and empty ones."""
    statement: list[str] = []
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "end":
            yield from _whole(statement)
            statement = []
        else:
            statement.append(" " if token.lastgroup == "comment" else token.group())
    yield from _whole(statement)


def _whole(pieces: list[str]) -> Iterator[str]:
    if text := "".join(pieces).strip():
        yield text
