"""Rows as somebody sees who asks ClickHouse: how many of the records sent are there, and how late they came.

Asked over HTTP, where another process would ask. A row counts as visible when the answer that first contains it is
here, so figures include the pause between two questions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from types import TracebackType
from typing import Any, Self

import msgspec

from benchmarks.histogram import Histogram
from streams.errors import SanwangError
from streams.warehouse.answer import ANSWER_FORMAT, rows_of
from streams.warehouse.ask import HttpDoor

_COUNT = """
SELECT (SELECT count() FROM sanwang.events) + (SELECT count() FROM sanwang.all_clears)
     + (SELECT count() FROM sanwang.dead_letters)
SETTINGS max_threads = 1
"""
#: Rows by when they were due, in steps of STEP_MS: what is more than at the last question has become visible since.
STEP_MS = 20
#: With lateness, every question how many rows there are is followed by so many which ones: each is work for the worker
#: that is measured.
_BY_DUE_EACH = 5
#: Rows that are later than this are not seen one by one; the trial says how many rows its histogram holds.
LATEST_MS = 20_000
_BY_DUE = """
SELECT intDiv(toUnixTimestamp64Milli(received_at), {step}) AS due, count() FROM sanwang.events
WHERE received_at >= fromUnixTimestamp64Milli({since}) GROUP BY due SETTINGS max_threads = 1
"""


class Asking:
    """ClickHouse's HTTP interface of the process that writes; never the folder itself, which is that process's."""

    def __init__(self, port: int) -> None:
        self._door = HttpDoor("127.0.0.1", port)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a SELECT; raises SanwangError where nobody answers."""
        return rows_of(self._door.ask(sql, ANSWER_FORMAT))


class Seen(msgspec.Struct, frozen=True):
    """How many records had their row at a moment (ms UTC)."""

    at_ms: float
    rows: int


class RowWatch:
    """Asks every `every_s` seconds while it is entered."""

    def __init__(self, asking: Sequence[Asking], every_s: float, *, lateness: bool = False) -> None:
        """`asking` are the workers' warehouses, counted together; `lateness` also measures how late each row is."""
        self._asking, self._every_s, self._lateness = asking, every_s, lateness
        self.seen: list[Seen] = []
        self._before: list[dict[int, int]] = [{} for _ in asking]
        self._fresh: list[tuple[float, int, int]] = []  # when seen, when due, rows
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def rows(self) -> int:
        """Records with a row, as last seen."""
        return self.seen[-1].rows if self.seen else 0

    def wait(self, rows: int, seconds: float, alive: Callable[[], bool]) -> bool:
        """Wait until so many are visible; False when they are not after `seconds`, or nobody is `alive` to write."""
        deadline = time.monotonic() + seconds
        while self.rows < rows and time.monotonic() < deadline and alive():
            time.sleep(min(self._every_s, 0.1))
        return self.rows >= rows

    def latencies(self, since_ms: float) -> Histogram:
        """From report due to row visible; reports due before `since_ms` are left out."""
        histogram = Histogram()
        for at_ms, due_ms, rows in self._fresh:
            if due_ms >= since_ms:
                histogram.add(at_ms - due_ms, rows)
        return histogram

    def rate(self, records: int, begun: float = 0.1, ended: float = 0.9) -> float:
        """Records a second between the moments when 10 % and 90 % of them were visible; 0.0 when that never was."""
        first = self._moment(records * begun)
        last = self._moment(records * ended)
        return records * (ended - begun) / (last - first) * 1000 if first and last and last > first else 0.0

    def _moment(self, rows: float) -> float:
        """When so many were visible, in ms, between the two answers around it."""
        before: Seen | None = None
        for seen in self.seen:
            if seen.rows >= rows:
                if before is None or seen.rows == before.rows:
                    return seen.at_ms
                share = (rows - before.rows) / (seen.rows - before.rows)
                return before.at_ms + share * (seen.at_ms - before.at_ms)
            before = seen
        return 0.0

    def _watch(self) -> None:
        turns = count()
        while not self._stop.wait(self._every_s):
            try:
                if self._lateness:
                    self._compare()
                if next(turns) % (_BY_DUE_EACH if self._lateness else 1) == 0:
                    rows = sum(int(asking.query(_COUNT)[0][0]) for asking in self._asking)
                    self.seen.append(Seen(time.time() * 1000, rows))
            except SanwangError:  # not ready yet, or busy: the next answer will show what this one would have
                continue

    def _compare(self) -> None:
        for number, asking in enumerate(self._asking):
            question = _BY_DUE.format(step=STEP_MS, since=int(time.time() * 1000) - LATEST_MS)
            by_due = {int(due): int(rows) for due, rows in asking.query(question)}
            now, before = time.time() * 1000, self._before[number]
            for due, rows in by_due.items():
                if (more := rows - before.get(due, 0)) > 0:
                    self._fresh.append((now, due * STEP_MS, more))
            self._before[number] = by_due
