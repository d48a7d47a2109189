"""`python -m benchmarks.decisions CITY [RECORDS]`: decisions a second of the pure core, on one processor.

A decision is everything from a decoded record to the orders: normalise, scrub, place, classify, match, route, due time.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

from benchmarks.corecost import records_of
from benchmarks.corework import CoreWork
from streams.core.accept import Envelope
from streams.core.normalise import normalise
from streams.errors import RefusedError
from streams.flow.topics import RECORDS, REPORT_TOPICS

PASSES = 5


def decisions_per_second(city_folder: Path, scenario: str, records: int) -> float:
    """The best of `PASSES` passes over a scenario's simulated reports, each with empty desks."""
    work = CoreWork(city_folder, 4)
    reports = [
        (REPORT_TOPICS[fed.topic], work.codec.decode(RECORDS[fed.topic], fed.value), fed)
        for fed in records_of(work, city_folder, scenario, records)
    ]
    gc.freeze()
    best = 0.0
    for _ in range(PASSES):
        work.desks.clear()
        decided, begun = 0, time.process_time()
        for feed, record, fed in reports:
            try:
                envelope = Envelope(fed.partition, fed.offset, fed.timestamp, replayed=False)
                event = work.door.accept(normalise(feed, record), envelope, fed.timestamp)
            except RefusedError:
                continue
            work.desks[work.partition_of(event)].decide(event, fed.timestamp)
            decided += 1
        best = max(best, decided / (time.process_time() - begun))
    return best


def main(arguments: list[str]) -> None:
    """Print one line for each scenario."""
    city, records = Path(arguments[0]), int(arguments[1]) if arguments[1:] else 20_000
    for scenario in ("calm", "storm"):
        print(f"{scenario}: {decisions_per_second(city, scenario, records):,.0f} decisions a second")


if __name__ == "__main__":
    main(sys.argv[1:])
