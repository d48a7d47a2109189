"""Has the core become slower? Its time is compared with that of a reference loop run beside it, on any machine.

The reference is pure Python of the kind that the core is made of: dictionaries, strings, small objects. It must never
change. Passes of both alternate, so that what disturbs one disturbs the other, and the quickest of each count.
"""

from __future__ import annotations

import gc
from pathlib import Path

import msgspec

from benchmarks.corecost import best, records_of
from benchmarks.corework import CoreWork
from streams.core.event import Event
from streams.intake.simulator.profile import CALM

PINNED = Path(__file__).parent / "pinned.json"
SLOWER = 1.25  # from here on it is called slower
ROUNDS = 7
REFERENCE_PASSES = 40


class Ratios(msgspec.Struct, frozen=True):
    """The core's time for one report over the reference loop's time for one pass."""

    intake: float
    triage: float


def reference() -> int:
    """Pinned work, about half a millisecond. Never change it: all pinned ratios would lose their meaning."""
    counts: dict[str, int] = {}
    total = 0
    for number in range(400):
        key = f"{number % 97:03d}-{number % 13}"
        counts[key] = counts.get(key, 0) + 1
        pairs = {key[i : i + 2] for i in range(len(key) - 1)}
        total += len(pairs) + len(key.split("-")[0])
    for key in sorted(counts, key=lambda k: (counts[k], k)):
        total += counts[key] * (1 if key.endswith("7") else 2)
    return total


def measure(city_folder: Path, records: int = 3_000, rounds: int = ROUNDS) -> Ratios:
    """The ratios now."""
    work = CoreWork(city_folder, 4)
    fed = records_of(work, city_folder, CALM.name, records)
    events = [event for one in fed if isinstance(event := work.take(one, one.timestamp), Event)]

    def intake() -> None:
        for one in fed:
            work.take(one, one.timestamp)

    def triage() -> None:
        work.desks.clear()
        for event in events:
            work.triage(event, event.clock)

    def loop() -> None:
        for _ in range(REFERENCE_PASSES):
            reference()

    times = [(best(loop, 1), best(intake, 1), best(triage, 1)) for _ in range(rounds)]
    gc.collect()
    unit = min(one[0] for one in times) / REFERENCE_PASSES
    return Ratios(
        round(min(one[1] for one in times) / len(fed) / unit, 4),
        round(min(one[2] for one in times) / len(events) / unit, 4),
    )


def pinned() -> Ratios | None:
    """The ratios that were pinned, None when there are none."""
    return msgspec.json.decode(PINNED.read_bytes(), type=Ratios) if PINNED.exists() else None


def pin(ratios: Ratios) -> None:
    """Pin: to be done on purpose, with the change that made the core quicker or, for a reason, slower."""
    PINNED.write_bytes(msgspec.json.format(msgspec.json.encode(ratios), indent=2) + b"\n")


def slower(now: Ratios, before: Ratios) -> list[str]:
    """The steps that became slower by more than a quarter, in words."""
    steps = (("intake", now.intake, before.intake), ("triage", now.triage, before.triage))
    return [f"{name} costs {is_ / was:.2f} times what was pinned" for name, is_, was in steps if is_ > was * SLOWER]
