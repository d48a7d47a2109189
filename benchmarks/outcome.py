"""Results: one JSON file a measurement, and tables on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.corecost import Step
from benchmarks.growth import Cost
from benchmarks.machine import Machine
from benchmarks.openstate import Recovered
from benchmarks.ratio import Ratios
from benchmarks.trial import Result

WIDTH = 130


class Outcome(msgspec.Struct):
    """Everything that one measurement found; parts that were not asked for are empty."""

    machine: Machine
    size: str = ""  # short, full or the name of a single figure
    figures: dict[str, list[Result]] = {}  # by "figure on broker"
    values: dict[str, float] = {}
    peers: dict[str, list[Result]] = {}  # by contender
    state: list[Recovered] = []
    by_open: list[Cost] = []
    by_reports: list[Cost] = []
    core: dict[str, list[Step]] = {}  # by scenario
    ratios: Ratios | None = None
    profile: list[tuple[str, float, float]] = []  # function, own share, cumulative share


def save(outcome: Outcome, folder: Path) -> Path:
    """Write it as JSON, named by its time; returns the file."""
    stamp = outcome.machine.at.replace(":", "").replace("+0000", "Z")
    file = folder / f"{stamp}-{outcome.size}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(outcome), indent=1))
    return file


def load(file: Path) -> Outcome:
    """Read one back."""
    return msgspec.json.decode(file.read_bytes(), type=Outcome, strict=False)


def merged(outcomes: Sequence[Outcome]) -> Outcome:
    """One of several, of each part the latest that has it; the machine is the latest's."""
    whole = Outcome(outcomes[-1].machine, outcomes[-1].size)
    for outcome in outcomes:
        whole.figures |= outcome.figures
        whole.values |= outcome.values
        for part in ("peers", "state", "by_open", "by_reports", "core", "ratios", "profile"):
            if found := getattr(outcome, part):
                setattr(whole, part, found)
    return whole


def summary(result: Result) -> dict[str, Any]:
    """What matters of a trial, short."""
    used = {role: f"{one.cores:.2f} cores, {one.peak_mb:.0f} MB" for role, one in result.usage.items()}
    found: dict[str, Any] = {
        "sent": sum(result.driven.sent.values()), "rows": result.rows, "drained": result.drained,
        "drain s": result.drain_s, "rows/s": result.rows_per_s, "orders": result.orders, "ready s": result.ready_s,
        "driver late p99 ms": round(result.driven.late.at(0.99), 1), **used,
    }  # fmt: skip
    return found | {name: histogram.summary() for name, histogram in sorted(result.latency.items())}


def show_result(console: Console, title: str, result: Result) -> None:
    """A trial on the terminal."""
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in summary(result).items():
        text = ", ".join(f"{k} {v:,.2f}" for k, v in value.items()) if isinstance(value, dict) else f"{value:,}" \
            if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        table.add_row(name, text)
    console.print(table)


def show_steps(console: Console, scenario: str, steps: Sequence[Step]) -> None:
    """The cost of the core on the terminal."""
    table = Table(title=f"pure core, {scenario}: microseconds of CPU a report", title_justify="left")
    table.add_column("step")
    table.add_column("µs", justify="right")
    for step in steps:
        table.add_row(step.name, f"{step.micros:.2f}")
    console.print(table)


def show_costs(console: Console, title: str, costs: Sequence[Cost]) -> None:
    """Growth of cost on the terminal."""
    table = Table(title=f"{title}: {growth(costs):.2f} times from first to last", title_justify="left")
    for name in ("reports", "open incidents", "µs a report"):
        table.add_column(name, justify="right")
    for cost in costs:
        table.add_row(f"{cost.reports:,}", f"{cost.open:,}", f"{cost.micros:.2f}")
    console.print(table)


def growth(costs: Sequence[Cost]) -> float:
    """The last cost over the first."""
    return costs[-1].micros / costs[0].micros if costs else 0.0


class Range(msgspec.Struct, frozen=True):
    """Median, smallest and largest of several rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:,.0f} ({self.low:,.0f} to {self.high:,.0f})"


def range_of(values: Sequence[float]) -> Range:
    """Median and range."""
    return Range(median(values), min(values), max(values)) if values else Range(0.0, 0.0, 0.0)


def peer_rates(peers: Mapping[str, Sequence[Result]]) -> dict[str, Range]:
    """Reports a second of each contender."""
    return {name: range_of([result.rows_per_s for result in results]) for name, results in peers.items()}


def show_peers(console: Console, peers: Mapping[str, Sequence[Result]]) -> None:
    """Peers side by side."""
    rates = peer_rates(peers)
    ours = rates.get("sanwang", Range(0.0, 0.0, 0.0)).median
    table = Table(title="the same backlog: records a second, median and range", title_justify="left")
    for name in ("contender", "records/s", "ours is", "worker cores", "worker MB", "rounds"):
        table.add_column(name, justify="left" if name == "contender" else "right")
    for name, rate in rates.items():
        used = [result.usage["worker 1"] for result in peers[name]]
        ratio = f"{ours / rate.median:.2f}x" if rate.median else "-"
        table.add_row(
            name, str(rate), ratio, f"{median(u.cores for u in used):.2f}", f"{median(u.peak_mb for u in used):,.0f}",
            str(len(used)),
        )
    console.print(table)
