"""The figures that were asked for, by name: what is run, what is measured, what is at least to be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from benchmarks.drive import Stream
from benchmarks.loads import Wanted
from benchmarks.scenarios import ALL_CLEAR_HOUR, ALL_CLEARS, HOT_SPOT, POLICE
from benchmarks.trial import Plan, Result
from streams.intake.simulator.profile import CALM, STORM

MOST_CLEARS = 200_000  # all-clears in a load file: sent again under other numbers, they are other all-clears
TRICKLE = 50.0  # 110 calls a second beside a flood of all-clears


Bound = Literal["at most", "at least"]


class Size(msgspec.Struct, frozen=True):
    """How long an open-loop trial lasts, how many records a backlog has, how much state is recovered."""

    seconds: float
    backlog: int
    clears: int
    state: int
    rounds: int
    peer_records: int
    growth_reports: int
    sustained_seconds: float


SHORT = Size(15, 100_000, 300_000, 100_000, 1, 20_000, 100_000, 20)
#: The sustained load is sent for a minute; where it is not kept up with, its records last several times as long.
FULL = Size(30, 1_000_000, 3_000_000, 1_000_000, 5, 20_000, 10_000_000, 60)


class Figure(msgspec.Struct, frozen=True):
    """One figure: `plan` makes its trial of seconds, records and rate; `value` reads it off the result."""

    name: str
    title: str
    unit: str
    target: float
    bound: Bound
    plan: Callable[[Size], Plan]
    value: Callable[[Result], float]

    def reached(self, value: float) -> bool:
        """Whether the target is met."""
        return value <= self.target if self.bound == "at most" else value >= self.target


def days(scenario: str, rate: float, seconds: float) -> Stream:
    """A day of a kind at a rate."""
    records = max(1, int(rate * seconds))
    return Stream(Wanted(scenario, records, rate), rate, records)


def pile(scenario: str, records: int, kinds: int | None = None) -> Stream:
    """A backlog; of `kinds` different records when given, sent again under other numbers."""
    return Stream(Wanted(scenario, min(records, kinds or records), 20_000.0), 0.0, records)


def flood(rate: float, seconds: float) -> Stream:
    """All-clears and nothing else."""
    records = int(rate * seconds)
    return Stream(Wanted(ALL_CLEARS.name, min(records, MOST_CLEARS), 20_000.0), rate, records)


def _p99(name: str) -> Callable[[Result], float]:
    def value(result: Result) -> float:
        histogram = result.latency.get(name)
        return histogram.at(0.99) if histogram and histogram.total else float("inf")

    return value


def _sustained(result: Result) -> float:
    """Rows a second from the first record due until the last row visible: falling behind lowers it."""
    sending_s = (result.driven.ended_ms - result.driven.started_ms) / 1000
    return result.rows / (sending_s + max(0.0, result.drain_s))


FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "sustained", "full pipeline, mixed feeds, offered 21,000/s", "reports/s", 20_000, "at least",
            lambda size: Plan("sustained", [days(CALM.name, 21_000, size.sustained_seconds)], workers=2), _sustained,
        ),
        Figure(
            "storm", "full pipeline, a storm, offered 21,000/s", "reports/s", 20_000, "at least",
            lambda size: Plan("storm", [days(STORM.name, 21_000, size.seconds)], workers=2), _sustained,
        ),
        Figure(
            "hot-spot", "thousands report one matter, offered 5,250/s", "reports/s", 5_000, "at least",
            lambda size: Plan("hot-spot", [days(HOT_SPOT.name, 5_250, size.seconds)]), _sustained,
        ),
        Figure(
            "all-clear-hour", "all-clears and a few reports, offered 21,000/s", "reports/s", 20_000, "at least",
            lambda size: Plan("all-clear-hour", [days(ALL_CLEAR_HOUR.name, 21_000, size.seconds)]), _sustained,
        ),
        Figure(
            "police-order", "110 call to order, p99, at 1,000 reports/s", "ms", 20, "at most",
            lambda size: Plan("police-order", [days(CALM.name, 1_000, size.seconds)]), _p99("order police"),
        ),
        Figure(
            "police-flood", "110 call to order, p99, while 10,000 all-clears/s come in", "ms", 50, "at most",
            lambda size: Plan(
                "police-flood", [days(POLICE.name, TRICKLE, size.seconds), flood(10_000, size.seconds)]
            ),
            _p99("order police"),
        ),
        Figure(
            "police-evening", "110 call to order, p99, while 50,000 all-clears/s come in", "ms", 50, "at most",
            lambda size: Plan(
                "police-evening", [days(POLICE.name, TRICKLE, size.seconds), flood(50_000, size.seconds)]
            ),
            _p99("order police"),
        ),
        Figure(
            "row-visible", "report to ClickHouse row visible, p99, at 5,000/s", "ms", 2_000, "at most",
            lambda size: Plan("row-visible", [days(CALM.name, 5_000, size.seconds)], workers=2, lateness=True),
            _p99("row"),
        ),
        Figure(
            "backlog", "a backlog of reports, drained at", "reports/s", 1_000_000 / 60, "at least",
            lambda size: Plan("backlog", [pile(CALM.name, size.backlog)], backlog=True, workers=2, drain_s=600),
            lambda result: result.rows / result.drain_s,
        ),
        Figure(
            "all-clears", "all-clears alone, as a backlog", "all-clears/s", 100_000, "at least",
            lambda size: Plan(
                "all-clears", [pile(ALL_CLEARS.name, size.clears, MOST_CLEARS)], backlog=True, workers=2, drain_s=300
            ),
            lambda result: result.rows_per_s,
        ),
    )
}


def peer_plan(contender: str, broker: str, records: int, workers: int = 1) -> Plan:
    """The job on which peers are compared: a backlog of a calm day."""
    stream = pile(CALM.name, records)
    return Plan(f"peer-{contender}", [stream], contender, broker, workers=workers, backlog=True, drain_s=900)
