"""Faults of a city folder: collected, not raised one by one, so that one look shows them all."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from streams.errors import FileFault, SanwangError

_MANY = 500  # above this many candidates only those that begin alike are compared, and not more than this many


class CityFaults(SanwangError):  # noqa: N818 - it holds the faults of a whole folder
    """A city folder with faults; `faults` holds them in the order of files and lines."""

    def __init__(self, folder: str, faults: list[FileFault]) -> None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"{folder}: {count}", *map(str, faults)]))
        self.faults = faults


def suggest(word: str, candidates: Collection[str]) -> str:
    """A suggestion of what was probably meant, "" if nothing is close."""
    if len(candidates) > _MANY:
        beginning = word[: max(1, len(word) // 2)]
        candidates = [candidate for candidate in candidates if candidate.startswith(beginning)][:_MANY]
    close = difflib.get_close_matches(word, candidates, n=3, cutoff=0.6)
    return "did you mean " + " or ".join(close) + "?" if close else ""
