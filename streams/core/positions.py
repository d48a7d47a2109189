"""Where things stand in a TOML file: the standard reader gives values without their places."""

from __future__ import annotations

import re
from itertools import pairwise

from msgspec import Struct

_KEY = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_-]*)[ \t]*=[ \t]*")
_OPEN = re.compile(r'"""\n?|\'\'\'\n?|["\']?')


class Position(Struct, frozen=True):
    """A place in a file, counted from 1."""

    line: int
    column: int


class Section(Struct, frozen=True):
    """One `[[name]]` of a file: its text and where that begins."""

    text: str
    line: int

    def key(self, key: str) -> Position:
        """Where a key is written; the section's head if it is not there."""
        for number, line in enumerate(self.text.splitlines()):
            found = _KEY.match(line)
            if found and found[1] == key:
                return Position(self.line + number, found.start(1) + 1)
        return Position(self.line, 1)

    def value(self, key: str, value: str, offset: int = 0) -> Position:
        """Where the character at `offset` of a text value is written; the key if the value is not written as it is."""
        start = 0
        for line in self.text.splitlines(keepends=True):
            found = _KEY.match(line)
            if found and found[1] == key:
                opened = _OPEN.match(self.text, start + found.end())
                begin = opened.end() if opened else 0
                if self.text.startswith(value, begin):
                    before = self.text[: begin + offset]
                    return Position(self.line + before.count("\n"), len(before) - before.rfind("\n"))
            start += len(line)
        return self.key(key)


def sections(text: str, name: str) -> tuple[Section, ...]:
    """The `[[name]]` sections of a TOML text, in order."""
    head = re.compile(rf"^[ \t]*\[\[[ \t]*{re.escape(name)}[ \t]*\]\]", re.MULTILINE)
    marks = [*(found.start() for found in head.finditer(text)), len(text)]
    return tuple(Section(text[begin:end], text.count("\n", 0, begin) + 1) for begin, end in pairwise(marks))
