"""Surges: counts of one partition's incidents by township and class, looked at against what is usual.

Counted by the slot (the time between two looks) for the last hour, and by the hour for the weeks that are learned from.
What is usual is learned anew each Monday from the weeks before, so it depends on nothing but the incidents; nothing is
judged before a whole week was watched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from streams.core.baseline import WEEK_HOURS, Baseline, hour_of_week
from streams.core.deadline import DAY, HOUR
from streams.core.warnings import LEAST_SURGE, Sight, surge

WEEKS = 12  # that are learned from, at most
Pair = tuple[str, str]  # township, class
Hours = Mapping[tuple[str, str, int], int]  # township, class, hours since 1970 -> incidents


class Surges:
    """The counts, and what they show. It changes with every incident."""

    def __init__(self, look_ms: int, parts: int) -> None:
        """`look_ms` divides an hour; `parts`: in how many partitions like this one the same question is asked."""
        self._look = look_ms
        self._parts = parts
        self._slots: dict[int, dict[Pair, int]] = {}  # the last hour's, by number of slot
        self._recent: dict[Pair, int] = {}  # all slots together
        self._many: set[Pair] = set()  # pairs that have enough of them to be looked at
        self._hours: dict[Pair, dict[int, int]] = {}
        self._first: int | None = None  # hour of the earliest incident
        self._week = -1  # hour of the Monday until which was learned
        self._baseline: Baseline | None = None

    def note(self, place: str, kind: str, at: int) -> None:
        """One incident, opened at `at` (ms UTC)."""
        pair, slot, hour = (place, kind), at // self._look, at // HOUR
        counts = self._slots.get(slot)
        if counts is None:
            counts = self._slots[slot] = {}
        counts[pair] = counts.get(pair, 0) + 1
        recent = self._recent[pair] = self._recent.get(pair, 0) + 1
        if recent >= LEAST_SURGE:
            self._many.add(pair)
        hours = self._hours.get(pair)
        if hours is None:
            hours = self._hours[pair] = {}
        hours[hour] = hours.get(hour, 0) + 1
        if self._first is None or hour < self._first:
            self._first = hour

    def learn(self, history: Hours) -> None:
        """What somebody else has counted; of an hour that both know, the larger number is the truth."""
        for (place, kind, hour), count in history.items():
            hours = self._hours.setdefault((place, kind), {})
            hours[hour] = max(hours.get(hour, 0), count)
            self._first = hour if self._first is None else min(self._first, hour)
        self._week = -1

    @property
    def quiet(self) -> bool:
        """Did nothing come in the last hour before the latest look?"""
        return not self._slots

    def sights(self, at: int, standing: Collection[Pair]) -> list[Sight]:
        """What the hour before `at` (ms UTC, between two slots) shows of busy pairs, and of `standing`."""
        self._learn_weeks(at)
        busy = self._busy(at)
        baseline = self._baseline
        if baseline is None:
            return []
        asked = baseline.pairs * self._parts * DAY / self._look
        return [
            surge(place, kind, at, busy.get((place, kind), 0), baseline.usual(place, kind, at, 1), asked)
            for place, kind in sorted({*busy, *standing})
        ]

    def _busy(self, at: int) -> dict[Pair, int]:
        """Pairs that could be a surge, with their incidents; what is over an hour old is forgotten on the way."""
        begin, end = (at - HOUR) // self._look, at // self._look
        for slot in [slot for slot in self._slots if slot < begin]:
            for pair, count in self._slots.pop(slot).items():
                self._recent[pair] -= count
                if self._recent[pair] < LEAST_SURGE:
                    self._many.discard(pair)
                if not self._recent[pair]:
                    del self._recent[pair]
        passed = [counts for slot, counts in self._slots.items() if slot < end] if self._many else []
        return {pair: sum(counts.get(pair, 0) for counts in passed) for pair in self._many}

    def _learn_weeks(self, at: int) -> None:
        """Learn from the whole weeks before this one, once a week."""
        monday = at // HOUR - hour_of_week(at)
        if monday == self._week:
            return
        self._week = monday
        self._baseline = None
        weeks = 0 if self._first is None else min(WEEKS, (monday - self._first) // WEEK_HOURS)
        oldest = monday - WEEKS * WEEK_HOURS
        for pair, hours in list(self._hours.items()):
            self._hours[pair] = {hour: n for hour, n in hours.items() if hour >= oldest}
        if weeks >= 1:
            self._baseline = Baseline(self._counts(monday - weeks * WEEK_HOURS, monday), weeks)

    def _counts(self, begin: int, end: int) -> Iterable[tuple[str, str, int, int]]:
        return (
            (*pair, hour, count) for pair, hours in self._hours.items() for hour, count in hours.items()
            if begin <= hour < end
        )  # fmt: skip
