"""Does a report cost more when there have been many, or when many incidents are open? Through the pure core."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.corework import CoreWork, Fed
from benchmarks.loads import Wanted, simulated
from benchmarks.openstate import open_incidents
from streams.core.event import Event
from streams.flow.topics import GRID_ALLCLEARS
from streams.intake.simulator import value_of
from streams.intake.simulator.profile import CALM

WINDOW = 10_000  # reports over which a cost is taken
PART = 500  # reports a part; the median part of a window counts, which leaves out what disturbs for a moment
RATE = 100.0  # reports a second of the simulated days: ten million of them are 28 hours


class Cost(msgspec.Struct, frozen=True):
    """Microseconds of CPU a report, after so many reports, with so many incidents open."""

    reports: int
    open: int
    micros: float


def by_open_incidents(city: Path, counts: Sequence[int], window: int = WINDOW) -> list[Cost]:
    """Cost of a calm day's reports against desks with more and more open incidents."""
    works = [CoreWork(city, 1) for _ in counts]
    stream = _reports(works[0], city, 4 * window * len(counts))
    windows = [list(islice(stream, window)) for _ in counts]
    for work, count in zip(works, counts, strict=True):
        work.desks[0].open.restore(open_incidents(work, city, count, windows[0][0].timestamp), [])
    return _costs(works, [window] * len(counts), windows)


def by_reports(city: Path, total: int, window: int = WINDOW) -> list[Cost]:
    """Cost of a window of reports after one window, ten times as many and so on, up to `total`."""
    gone_through = [n for n in (window * 10**power for power in range(9)) if n < total] + [total]
    works, windows = [], []
    for reports in gone_through:
        work = CoreWork(city, 1)
        stream = _reports(work, city, 3 * reports + 4 * window)
        gc.freeze()
        _seconds(work, islice(stream, reports))
        works.append(work)
        windows.append(list(islice(stream, window)))
    return _costs(works, gone_through, windows)


def _reports(work: CoreWork, city: Path, records: int) -> Iterator[Fed]:
    for number, one in enumerate(simulated(Wanted(CALM.name, records, RATE), city)):
        if one.topic != GRID_ALLCLEARS:
            yield Fed(one.topic, 0, number, one.due_ms, value_of(one, work.codec))


def _costs(works: Sequence[CoreWork], reports: Sequence[int], windows: Sequence[Sequence[Fed]]) -> list[Cost]:
    """What a report of its window costs each of them.

    They take parts in turn, because the machine may be half as fast a minute later.
    """
    opened = [sum(len(desk.open) for desk in work.desks.values()) for work in works]
    gc.collect()
    gc.freeze()
    size = min(PART, *map(len, windows))
    parts: list[list[float]] = [[] for _ in works]
    for begun in range(0, min(map(len, windows)), size):
        for seconds, work, window in zip(parts, works, windows, strict=True):
            seconds.append(_seconds(work, window[begun : begun + size]) / size)
    medians = [round(sorted(seconds)[len(seconds) // 2] * 1e6, 2) for seconds in parts]
    return [Cost(*one) for one in zip(reports, opened, medians, strict=True)]


def _seconds(work: CoreWork, reports: Iterable[Fed]) -> float:
    """CPU seconds of them all, from bytes to orders and rows."""
    started = time.process_time()
    for one in reports:
        event = work.take(one, one.timestamp)
        if isinstance(event, Event):
            work.triage(event, one.timestamp)
    return time.process_time() - started
