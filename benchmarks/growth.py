"""Does a report cost more when there have been many, or when many incidents are open? Through the pure core."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
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
    """Cost of the same reports against desks with more and more open incidents."""
    costs = []
    for count in counts:
        work = CoreWork(city, 1)
        reports = list(islice(_reports(work, city, 4 * window), window))
        desk = work.desks[0]
        desk.open.restore(open_incidents(work, city, count, reports[0].timestamp), [])
        already = len(desk.open)
        costs.append(Cost(window, already, _cost(work, reports)))
    return costs


def by_reports(
    city: Path, total: int, window: int = WINDOW, say: Callable[[Cost], None] = lambda _cost: None
) -> list[Cost]:
    """Cost of a window of reports whenever ten times as many have gone through, up to `total`."""
    work = CoreWork(city, 1)
    stream = _reports(work, city, 3 * total + 4 * window)
    costs, done, at = [], 0, window
    while done < total:
        reports = list(islice(stream, window))
        if not reports:
            break
        micros = _cost(work, reports)
        done += len(reports)
        if done >= at or done >= total:
            costs.append(Cost(done, sum(len(desk.open) for desk in work.desks.values()), micros))
            say(costs[-1])
            at *= 10
    return costs


def _reports(work: CoreWork, city: Path, records: int) -> Iterator[Fed]:
    for number, one in enumerate(simulated(Wanted(CALM.name, records, RATE), city)):
        if one.topic != GRID_ALLCLEARS:
            yield Fed(one.topic, 0, number, one.due_ms, value_of(one, work.codec))


def _cost(work: CoreWork, reports: Sequence[Fed]) -> float:
    """Median microseconds a report, from bytes to orders and rows."""
    gc.collect()
    gc.freeze()
    parts = []
    for begun in range(0, len(reports), PART):
        part = reports[begun : begun + PART]
        started = time.process_time()
        for one in part:
            event = work.take(one, one.timestamp)
            if isinstance(event, Event):
                work.triage(event, one.timestamp)
        parts.append((time.process_time() - started) / len(part))
    return round(sorted(parts)[len(parts) // 2] * 1e6, 2)
