"""TOML files of a city folder: read with the place of every fault; city.toml itself."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from streams.city.city import Bounds, Head
from streams.city.faults import suggest
from streams.city.table import is_date
from streams.core.area import level_of
from streams.errors import FileFault

_KEYS = ("name", "code", "version", "day", "bounds", "seed")
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_toml(folder: Path, name: str, faults: list[FileFault]) -> tuple[dict[str, Any], str] | None:
    """Values and text of a TOML file; None, with a fault, if it cannot be read."""
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except FileNotFoundError:
        faults.append(FileFault(name, 1, 1, "the file is missing", "sanwang city new makes an example"))
    except OSError as error:
        faults.append(FileFault(name, 1, 1, f"the file cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        faults.append(FileFault(name, error.object[: error.start].count(b"\n") + 1, 1, "not UTF-8"))
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (text.count("\n") + 1, 1)
        faults.append(FileFault(name, line, column, f"not TOML: {_POSITION.sub('', str(error)).strip()}"))
    return None


def read_head(folder: Path, faults: list[FileFault]) -> Head | None:
    """What city.toml says; None, with its faults, if it is not sound."""
    read = read_toml(folder, "city.toml", faults)
    if read is None:
        return None
    reader = _HeadReader(*read, faults)
    head = Head(reader.text("name"), reader.code(), reader.text("version"), reader.day(), reader.bounds())
    reader.unknown()
    return head if reader.sound else None


class _HeadReader:
    def __init__(self, values: dict[str, Any], text: str, faults: list[FileFault]) -> None:
        self._values = values
        self._text = text
        self._faults = faults
        self.sound = True

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or not value.strip():
            self._fault(key, f"{key} must be a text")
            return ""
        return value

    def code(self) -> str:
        code = self.text("code")
        if code and not (code.isascii() and code.isdigit() and len(code) == 12 and level_of(code) == "city"):
            self._fault("code", f"{code!r} is no code of a city", "four digits and eight zeros")
        return code

    def day(self) -> str:
        value = self._values.get("day")
        written = value.isoformat() if isinstance(value, date) else value
        if not isinstance(written, str) or not is_date(written):
            self._fault("day", "day must be the day that the city is loaded for", "day = 2026-01-31")
            return ""
        return written

    def bounds(self) -> Bounds:
        value = self._values.get("bounds")
        if isinstance(value, list) and len(value) == 4 and all(isinstance(edge, float | int) for edge in value):
            west, south, east, north = map(float, value)
            if -180 <= west < east <= 180 and -90 <= south < north <= 90:
                return (west, south, east, north)
        self._fault("bounds", "bounds must be four numbers", "bounds = [west, south, east, north] in degrees")
        return (-180.0, -90.0, 180.0, 90.0)

    def unknown(self) -> None:
        for key in self._values:
            if key not in _KEYS:
                self._fault(key, f"key {key!r} is unknown", suggest(key, _KEYS))

    def _fault(self, key: str, message: str, suggestion: str = "") -> None:
        found = re.search(rf"^\s*\[*{re.escape(key)}\b", self._text, re.MULTILINE)
        line = self._text.count("\n", 0, found.end()) + 1 if found else 1
        self._faults.append(FileFault("city.toml", line, 1, message, suggestion))
        self.sound = False
