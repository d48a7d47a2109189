"""classes.toml: whether words, a model, or both say what a text is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streams.city.faults import suggest
from streams.city.head import read_toml
from streams.core.catalogue import Item
from streams.core.opinion import Classes
from streams.errors import FileFault

FILE = "classes.toml"
_BY = ("rules", "model", "both")
_KEYS = ("by", "model", "threshold", "labels")


def read_classes(folder: Path, items: Mapping[str, Item], faults: list[FileFault]) -> Classes:
    """What the file says; the rules alone where there is none. A path of a model is taken from `folder`."""
    if not (folder / FILE).exists():
        return Classes()
    read = read_toml(folder, FILE, faults)
    return _Reader(*read, faults).classes(folder, items) if read else Classes()


class _Reader:
    def __init__(self, values: dict[str, Any], text: str, faults: list[FileFault]) -> None:
        self._values = values
        self._text = text
        self._faults = faults

    def classes(self, folder: Path, items: Mapping[str, Item]) -> Classes:
        for key in self._values.keys() - set(_KEYS):
            self._fault(key, f"key {key!r} is unknown", suggest(key, _KEYS))
        by, model = self._values.get("by"), self._values.get("model", "")
        if by not in _BY:
            self._fault("by", f"by must be one of {', '.join(_BY)}", 'by = "both"')
        if not isinstance(model, str) or (not model and by in ("model", "both")):
            self._fault("model", "model must name a model file", 'model = "model.zip", beside this file')
            return Classes()
        path = str(folder / model) if model else ""
        return Classes(by if by in _BY else "rules", path, self._threshold(), self._labels(items))

    def _threshold(self) -> float | None:
        value = self._values.get("threshold")
        if value is None or (isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= 1):
            return None if value is None else float(value)
        self._fault("threshold", "threshold must be a probability", "a number from 0 to 1")
        return None

    def _labels(self, items: Mapping[str, Item]) -> dict[str, str]:
        labels = self._values.get("labels", {})
        if not isinstance(labels, dict):
            self._fault("labels", "labels must be a table", '[labels] and lines like "停水" = "41002"')
            return {}
        for label, item in labels.items():
            if not isinstance(item, str) or item not in items:
                self._fault(label, f"item {item!r} is unknown", suggest(str(item), items.keys()))
        return labels

    def _fault(self, key: str, message: str, suggestion: str = "") -> None:
        found = re.search(rf"^\s*[\[\"']*{re.escape(key)}[\"'\]]*", self._text, re.MULTILINE)
        line = self._text.count("\n", 0, found.end()) + 1 if found else 1
        self._faults.append(FileFault(FILE, line, 1, message, suggestion))
