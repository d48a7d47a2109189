"""Presence: which grids were heard from on a day, and which were silent by the cut-off.

A grid that sent no all-clear (无事报平安) is absent: that is the alarm. One that sent anything at all is online. All
of it is about grids: who works in a grid is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from streams.core.area import ancestor
from streams.core.deadline import DAY, MINUTE, UTC_OFFSET


class Absence(Struct, frozen=True, gc=False):
    """The absent grids of one township on one day, as of the cut-off."""

    township: str  # area code
    day: int  # days since 1970-01-01, Asia/Shanghai
    grids: int  # that are expected to send
    absent: tuple[str, ...]  # codes of grids without an all-clear


class Bulletin(Struct, frozen=True, gc=False):
    """One township's day (日报): grids, and what was reported and handled."""

    township: str
    grids: int
    online: int  # heard from at all
    all_clear: int  # sent their all-clear
    reported: int  # reports
    self_handled: int  # of them settled on the spot
    handled: int  # orders handled that day
    overdue: int  # orders that fell due that day and were not handled by then


class Presence:
    """Who was heard from, day by day. Not frozen: 50,000 all-clears a second change it. Late and doubled signals count.

    Keeps `keep` days; a signal of an older day than that is not kept.
    """

    def __init__(self, grids: Iterable[str], keep: int = 3) -> None:
        """`grids` are the codes of the grids that are expected to send."""
        self._by_township: dict[str, list[str]] = {}
        for grid in sorted(set(grids)):
            self._by_township.setdefault(ancestor(grid, "township"), []).append(grid)
        self._keep = keep
        self._clear: dict[int, set[str]] = {}
        self._online: dict[int, set[str]] = {}

    def clear(self, grid: str, at: int) -> None:
        """An all-clear of a grid or micro-grid (which speaks for itself alone), sent at `at` (ms UTC)."""
        self._note(self._clear, grid, at)

    def online(self, grid: str, at: int) -> None:
        """Any other sign of life of a grid, at `at` (ms UTC)."""
        self._note(self._online, grid, at)

    def absences(self, day: int) -> tuple[Absence, ...]:
        """Every township with grids that sent no all-clear on `day` (days since 1970-01-01 in Asia/Shanghai)."""
        clear = self._clear.get(day, set())
        missing = {town: [g for g in grids if g not in clear] for town, grids in self._by_township.items()}
        return tuple(
            Absence(town, day, len(self._by_township[town]), tuple(grids)) for town, grids in missing.items() if grids
        )

    def townships(self) -> Mapping[str, int]:
        """Every township with expected grids -> how many."""
        return {township: len(grids) for township, grids in self._by_township.items()}

    def bulletins(
        self, day: int, reported: Mapping[str, int], self_handled: Mapping[str, int], handled: Mapping[str, int],
        overdue: Mapping[str, int],
    ) -> tuple[Bulletin, ...]:
        """Every township's day; the counts are by township code, those without an entry are 0."""
        clear, online = self._clear.get(day, set()), self._online.get(day, set())
        return tuple(
            Bulletin(
                town, len(grids), sum(g in clear or g in online for g in grids), sum(g in clear for g in grids),
                reported.get(town, 0), self_handled.get(town, 0), handled.get(town, 0), overdue.get(town, 0),
            )
            for town, grids in self._by_township.items()
        )  # fmt: skip

    def _note(self, days: dict[int, set[str]], grid: str, at: int) -> None:
        day = (at + UTC_OFFSET) // DAY
        heard = days.get(day)
        if heard is None:
            if days and day <= max(days) - self._keep:
                return
            heard = days[day] = set()
            for old in [d for d in days if d <= max(days) - self._keep]:
                del days[old]
        heard.add(grid)


def cutoff_of(day: int, minute: int) -> int:
    """The moment (ms UTC) of a minute of a local day, from which on a grid that was not heard from is absent."""
    return day * DAY + minute * MINUTE - UTC_OFFSET


def day_of(at: int) -> int:
    """The local day (days since 1970-01-01 in Asia/Shanghai) of a moment in ms UTC."""
    return (at + UTC_OFFSET) // DAY
