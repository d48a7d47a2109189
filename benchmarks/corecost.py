"""What a report costs in the pure core, step by step, in microseconds of CPU."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.corework import CoreWork, Fed, rows_of
from benchmarks.loads import Wanted, simulated
from streams.core.event import Event
from streams.core.normalise import normalise
from streams.core.route import matter_of
from streams.core.scrub import scrub
from streams.errors import RefusedError
from streams.flow.intake import encode_events
from streams.flow.ledger import decode_rows, encode_rows
from streams.flow.state import state_records
from streams.flow.topics import GRID_ALLCLEARS, RECORDS, REPORT_TOPICS
from streams.intake.simulator import value_of

REPEATS = 5
CHUNK = 200


class Step(msgspec.Struct, frozen=True):
    """One step and its microseconds a report."""

    name: str
    micros: float


def records_of(work: CoreWork, city_folder: Path, scenario: str, records: int) -> list[Fed]:
    """Simulated reports of a scenario as a consumer has them, received when they were due; no all-clears."""
    fed = simulated(Wanted(scenario, records, 1_000.0), city_folder)
    reports = [one for one in fed if one.topic != GRID_ALLCLEARS and not one.spoiled]
    return [Fed(one.topic, 0, n, one.due_ms, value_of(one, work.codec)) for n, one in enumerate(reports)]


def measure(city_folder: Path, scenario: str, records: int = 6_000, repeats: int = REPEATS) -> list[Step]:
    """All steps of a scenario's reports; each the best of `repeats` passes."""
    work = CoreWork(city_folder, 4)
    fed = records_of(work, city_folder, scenario, records)
    decoded = [(REPORT_TOPICS[one.topic], work.codec.decode(RECORDS[one.topic], one.value)) for one in fed]
    reports = [normalise(feed, record) for feed, record in decoded]
    events = [event for one in fed if isinstance(event := work.take(one, one.timestamp), Event)]
    texts = [scrub(report.text) for report in reports]

    def locate() -> None:
        for r in reports:
            try:
                work.places.locate(r.area, r.lon, r.lat, r.address or r.text[:200])
            except RefusedError:
                continue

    steps: list[tuple[str, Callable[[], object]]] = [
        ("decode Avro", lambda: [work.codec.decode(RECORDS[one.topic], one.value) for one in fed]),
        ("normalise", lambda: [normalise(feed, record) for feed, record in decoded]),
        ("scrub", lambda: [(scrub(r.text), scrub(r.address)) for r in reports]),
        ("place", locate),
        ("classify", lambda: [
            work.classifier.classify(r.feed, r.codes, r.labels, text) for r, text in zip(reports, texts, strict=True)
        ]),
        ("= all of intake, from bytes to event", lambda: [work.take(one, one.timestamp) for one in fed]),
        ("encode events", lambda: [encode_events(events[n : n + CHUNK]) for n in range(0, len(events), CHUNK)]),
    ]
    return _timed(steps, len(fed), repeats) + _triage_steps(work, events, repeats)


def _triage_steps(work: CoreWork, events: Sequence[Event], repeats: int) -> list[Step]:
    def route() -> None:
        for e in events:
            work.router.route(matter_of(e))

    def decide() -> list[Any]:
        desks = [work.new_desk() for _ in range(4)]
        return [desks[work.partition_of(event)].decide(event, event.clock) for event in events]

    decided = list(zip(events, decide(), strict=True))
    tables = [rows_of(event, decision, event.clock) for event, decision in decided]
    ledger = [
        {name: [row for rows in tables[n : n + CHUNK] for row in rows[name]] for name in tables[0]}
        for n in range(0, len(tables), CHUNK)
    ]
    encoded = [record for rows in ledger for record in encode_rows(rows)]
    incidents = [decision.incident for _, decision in decided if decision.incident]
    steps: list[tuple[str, Callable[[], object]]] = [
        ("match and decide, with routing", decide),
        ("  of it: route", route),
        ("encode state", lambda: state_records(incidents, [])),
        ("encode orders", lambda: [work.orders_of(decision) for _, decision in decided]),
        ("make rows", lambda: [rows_of(event, decision, event.clock) for event, decision in decided]),
        ("encode ledger", lambda: [encode_rows(rows) for rows in ledger]),
        ("join ledger", lambda: decode_rows(value for _, value in encoded)),
    ]
    return _timed(steps, len(events), repeats)


def _timed(steps: Sequence[tuple[str, Callable[[], object]]], reports: int, repeats: int) -> list[Step]:
    return [Step(name, round(best(work, repeats) / max(reports, 1) * 1e6, 2)) for name, work in steps]


def best(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the quickest of some passes, the garbage collector off."""
    gc.collect()
    gc.disable()
    try:
        return min(_once(work) for _ in range(repeats))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
