"""`python -m benchmarks`: see `--help`, and docs/performance.md for what came of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from benchmarks import ratio as ratios
from benchmarks import whatif as questions
from benchmarks.figures import FIGURES, FULL, SHORT, Size
from benchmarks.outcome import WIDTH
from benchmarks.places import city_folder, results_folder
from benchmarks.programs import BROKERS
from benchmarks.session import CONTENDERS, PARTS, Session, run_all
from benchmarks.trial import Plan
from streams.errors import SanwangError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(width=None if sys.stdout.isatty() else WIDTH)
Broker = Annotated[str, typer.Option(help=" or ".join(BROKERS))]


@app.command()
def run(
    parts: Annotated[list[str] | None, typer.Argument(help=f"{' '.join(PARTS)}; all if none is named")] = None,
    *, full: Annotated[bool, typer.Option("--full/--short")] = False,
) -> None:  # fmt: skip
    """Measure everything, or some parts, and with --full write docs/performance.md."""
    if unknown := set(parts or ()) - set(PARTS):
        raise SanwangError(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    file = run_all(full=full, console=console, parts=parts or PARTS)
    console.print(f"results: {file}")
    if full:
        _report(_full_results())


@app.command()
def figure(
    name: str, broker: Broker = "kafka", seconds: float = 0.0, records: int = 0, workers: int = 0, profile: str = "",
    *, full: Annotated[bool, typer.Option(help="Sizes of a full run.")] = False,
) -> None:
    """Measure one figure: see `figures` for the names. --profile FILE keeps py-spy's samples of the first worker."""
    if name not in FIGURES:
        raise SanwangError(f"there is no figure {name!r}; there are {', '.join(FIGURES)}")
    size = FULL if full else SHORT
    if seconds:
        size = msgspec.structs.replace(size, seconds=seconds, sustained_seconds=seconds)
    if records:
        size = msgspec.structs.replace(size, backlog=records, clears=records)

    def change(plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, workers=workers or plan.workers, profile=profile)

    Session(size, name, console).figure(FIGURES[name], broker, change)


@app.command()
def figures() -> None:
    """List the figures with what is wanted."""
    for one in FIGURES.values():
        console.print(f"{one.name:16} {one.title}: {one.bound} {one.target:,.0f} {one.unit}")


@app.command()
def peers(
    names: Annotated[list[str] | None, typer.Argument(help=" ".join(CONTENDERS))] = None, broker: Broker = "kafka",
    rounds: int = 1, records: int = 20_000,
) -> None:
    """Compare contenders on one backlog, in turn."""
    Session(_size(), "peers", console).peers(names or list(CONTENDERS), broker, rounds, records)


@app.command()
def core(records: int = 6_000) -> None:
    """Microseconds a report of each step of the pure core."""
    Session(_size(), "core", console).core(records)


@app.command()
def state(incidents: int = 100_000, broker: Broker = "kafka") -> None:
    """Memory and recovery of a worker with so many open incidents."""
    Session(_size(), "state", console).state(broker, incidents)


@app.command()
def growth(reports: int = 100_000, most_open: int = 100_000) -> None:
    """Cost of a report by open incidents, and by how many reports went through."""
    Session(_size(), "growth", console).growth(reports, most_open)


@app.command()
def whatif(records: int = 200_000, broker: Broker = "kafka") -> None:
    """Recorded reports a second that `sanwang whatif` answers on, by what is tried."""

    def say(asked: questions.Asked) -> None:
        console.print(
            f"{asked.tried:10} {asked.reports:,} reports, {asked.differences:,} differences, {asked.seconds:.1f} s: "
            f"{asked.events_per_s:,.0f} events/s"
        )

    questions.measure(records, broker, questions.TRIED, say)


@app.command()
def ratio(*, pin: bool = False, check: bool = False) -> None:
    """Compare the core with the reference loop and what was pinned; --check fails when it became slower."""
    now, before = ratios.measure(city_folder()), ratios.pinned()
    console.print(f"now    {now}\npinned {before}")
    if pin:
        ratios.pin(now)
    slower = ratios.slower(now, before) if before else []
    for line in slower:
        console.print(line)
    if check and slower:
        raise typer.Exit(1)


@app.command()
def report(results: Annotated[list[Path] | None, typer.Argument()] = None) -> None:
    """Write docs/performance.md from results files, all full ones if none is named; of a part the latest counts."""
    files = results or _full_results()
    if not files:
        raise SanwangError("there are no results of a full run yet: python -m benchmarks run --full")
    _report(files)


def _full_results() -> list[Path]:
    return sorted(results_folder().glob("*-full.json"))


def _size() -> Size:
    return SHORT


def _report(files: Sequence[Path]) -> None:
    from benchmarks.report import write_report

    console.print(f"written: {write_report(files)}")


def main() -> None:
    """Run the command line; an error that the user can act on is printed without a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the processes of a trial are stopped
    try:
        app(standalone_mode=False)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except SanwangError as error:
        console.print(f"benchmarks: {error}", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
