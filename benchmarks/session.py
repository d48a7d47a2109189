"""A whole measurement: all figures, peers in turn, state, growth, core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks import corecost, growth, outcome, ratio
from benchmarks.figures import FIGURES, FULL, SHORT, Figure, Size, peer_plan
from benchmarks.machine import this_machine
from benchmarks.openstate import recovered
from benchmarks.outcome import Outcome
from benchmarks.peers import PEERS
from benchmarks.places import city_folder, results_folder
from benchmarks.profiling import by_function
from benchmarks.trial import Plan, Result, run_trial
from streams.errors import SanwangError

OPEN_COUNTS = (1_000, 10_000, 100_000, 1_000_000)
CORE_SCENARIOS = ("calm", "storm")
PROFILE_LINES = 25
CONTENDERS = ("sanwang", *PEERS)
PARTS = ("core", "figures", "embedded", "peers", "state", "growth")


class Session:
    """One measurement; every part is saved as soon as it is there."""

    def __init__(self, size: Size, name: str, console: Console) -> None:
        self.size, self.console = size, console
        self.outcome = Outcome(this_machine(), name)
        self.file: Path | None = None

    def figure(self, figure: Figure, broker: str, change: Callable[[Plan], Plan] = lambda plan: plan) -> float:
        """Measure one figure on a broker; returns its value."""
        plan = change(msgspec.structs.replace(figure.plan(self.size), broker=broker))
        result = run_trial(plan)
        name, value = f"{figure.name} on {broker}", round(figure.value(result), 3)
        name += ", profiled" if plan.profile else ""
        self.outcome.figures.setdefault(name, []).append(result)
        self.outcome.values[name] = value
        outcome.show_result(self.console, f"{figure.title}, {broker}, {plan.workers} worker(s)", result)
        verdict = "reached" if figure.reached(value) else "not reached"
        wanted = f"{figure.bound} {figure.target:,.0f} wanted"
        self.console.print(f"{figure.name}: {value:,.2f} {figure.unit}; {wanted}: {verdict}\n")
        if plan.profile:
            self.outcome.profile = by_function(Path(plan.profile))[:PROFILE_LINES]
        self.save()
        return value

    def peers(self, names: list[str], broker: str, rounds: int, records: int) -> None:
        """All contenders in turn, as often as there are rounds: what disturbs the machine disturbs all alike."""
        for number in range(rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                result = self._trial_of(name, broker, records)
                if result:
                    self.outcome.peers.setdefault(name, []).append(result)
                    rate = f"{result.rows_per_s:,.0f} records/s"
                    end = "drained" if result.drained else "not drained"
                    self.console.print(f"round {number + 1}: {name} {rate}, {result.rows:,} rows, {end}")
                self.save()
        outcome.show_peers(self.console, self.outcome.peers)

    def _trial_of(self, name: str, broker: str, records: int) -> Result | None:
        try:
            return run_trial(peer_plan(name, broker, records))
        except SanwangError as error:  # a peer that fails is told, and does not end the others' measurement
            self.console.print(f"[red]{name} failed[/]: {error}")
            return None

    def state(self, broker: str, incidents: int) -> None:
        """Memory and recovery with many open incidents."""
        found = recovered(incidents, broker)
        self.outcome.state.append(found)
        self.console.print(
            f"{found.incidents:,} open incidents on {broker}: {found.memory_mb:,.0f} MB "
            f"({found.empty_mb:,.0f} MB without, {found.bytes_each:,.0f} bytes each, peak {found.peak_mb:,.0f} MB), "
            f"recovered in {found.recovery_s:.1f} s, ready {found.ready_s:.1f} s after its start\n"
        )
        self.save()

    def growth(self, reports: int, most_open: int) -> None:
        """Cost of a report by open incidents and by reports gone through."""
        city = city_folder()
        self.outcome.by_open = growth.by_open_incidents(city, [n for n in OPEN_COUNTS if n <= most_open])
        outcome.show_costs(self.console, "cost by open incidents", self.outcome.by_open)
        self.outcome.by_reports = growth.by_reports(city, reports)
        outcome.show_costs(self.console, "cost by reports gone through", self.outcome.by_reports)
        self.save()

    def core(self, records: int = 6_000, repeats: int = corecost.REPEATS) -> None:
        """The core's steps, and its ratio to the reference loop."""
        for scenario in CORE_SCENARIOS:
            self.outcome.core[scenario] = corecost.measure(city_folder(), scenario, records, repeats)
            outcome.show_steps(self.console, scenario, self.outcome.core[scenario])
        self.outcome.ratios = ratio.measure(city_folder())
        self.console.print(str(self.outcome.ratios))
        self.save()

    def save(self) -> None:
        """Write what there is."""
        self.file = outcome.save(self.outcome, results_folder())


def run_all(*, full: bool, console: Console, parts: Sequence[str] = PARTS) -> Path:
    """Everything, or some of its parts, for docs/performance.md; returns the results' file."""
    size = FULL if full else SHORT
    session = Session(size, "full" if full else "short", console)
    if "core" in parts:
        session.core()
    if "figures" in parts:
        for figure in FIGURES.values():
            session.figure(figure, "kafka")
        profile = str(results_folder() / "backlog.folded")
        session.figure(FIGURES["backlog"], "kafka", lambda plan: msgspec.structs.replace(
            plan, workers=1, profile=profile, name="backlog, one worker, profiled"))
    if "embedded" in parts:
        for name in ("police-order", "police-flood", "row-visible", "backlog", "all-clears"):
            session.figure(FIGURES[name], "embedded")
    if "peers" in parts:
        session.peers(list(CONTENDERS), "kafka", size.rounds, size.peer_records)
    if "state" in parts:
        session.state("kafka", size.state)
    if "growth" in parts:
        session.growth(size.growth_reports, size.state)
    session.save()
    assert session.file is not None  # noqa: S101 - saved above
    return session.file
