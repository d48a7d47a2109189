"""TOML files of users: parsed by the standard library, faults told with line and column."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from streams.errors import FileFault

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TABLE = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]")


class TomlFile:
    """One parsed file: its content, and where each key stands."""

    def __init__(self, path: Path) -> None:
        """Raises FileFault when the file cannot be read or is no TOML; a key given twice is no TOML."""
        self.path = path
        try:
            self._text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise FileFault(str(path), 0, 0, f"cannot open the file: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise FileFault(str(path), 1, 1, "the file is not in UTF-8") from error
        try:
            self.content: dict[str, Any] = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise self._broken(str(error)) from error

    def fault(self, table: str, key: str, message: str, suggestion: str = "") -> FileFault:
        """A fault of `key` in `table` ("" for the top of the file), at its place."""
        line, column = self._place(table, key)
        return FileFault(str(self.path), line, column, message, suggestion)

    def _broken(self, message: str) -> FileFault:
        position = _POSITION.search(message)
        lines = self._text.count("\n") + 1
        line, column = (int(position[1]), int(position[2])) if position and position[1] else (lines, 1)
        return FileFault(str(self.path), line, column, _POSITION.sub("", message))

    def _place(self, table: str, key: str) -> tuple[int, int]:
        """Line and column of a key, else of its table's head, else the top of the file."""
        pattern = re.compile(rf"(\s*)[\"']?{re.escape(key)}[\"']?\s*[=.]")
        inside, place = table == "", (1, 1)
        for number, line in enumerate(self._text.splitlines(), 1):
            if head := _TABLE.match(line):
                name = head[1].replace('"', "")
                inside = name == table
                if name == table or (table == "" and name.split(".")[0] == key):
                    place = (number, line.index("[") + 1)
            elif inside and (found := pattern.match(line)):
                return number, len(found[1]) + 1
        return place
