"""What is remembered of open incidents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
FEW = 10_000  # are kept without a look at whether they are still open


class Kept(dict[str, Value]):
    """Values by the id of an incident."""

    _most = FEW

    def forget(self, is_open: Callable[[str], bool]) -> None:
        """To be called now and then: drop those of incidents that are no longer open, where that may be many."""
        if len(self) > self._most:
            for incident_id in [one for one in self if not is_open(one)]:
                del self[incident_id]
            self._most = FEW + 2 * len(self)
