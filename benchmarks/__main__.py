"""`python -m benchmarks`: see `--help`, and docs/performance.md for what came of it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from benchmarks import ratio as ratios
from benchmarks.figures import FIGURES, FULL, SHORT, Size
from benchmarks.outcome import WIDTH
from benchmarks.places import city_folder, results_folder
from benchmarks.programs import BROKERS
from benchmarks.session import CONTENDERS, Session, run_all
from benchmarks.trial import Plan
from streams.errors import SanwangError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(width=None if sys.stdout.isatty() else WIDTH)
Broker = Annotated[str, typer.Option(help=" or ".join(BROKERS))]


@app.command()
def run(
    *, full: Annotated[bool, typer.Option("--full/--short")] = False, report: bool = True, embedded: bool = True
) -> None:
    """Measure everything and, with --full, write docs/performance.md."""
    file = run_all(full=full, console=console, embedded=embedded)
    console.print(f"results: {file}")
    if report and full:
        _report(file)


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
def report(results: Annotated[Path | None, typer.Argument()] = None) -> None:
    """Write docs/performance.md from a results file, the latest full one if none is named."""
    full = sorted(results_folder().glob("*-full.json"))
    if results is None and not full:
        raise SanwangError("there are no results of a full run yet: python -m benchmarks run --full")
    _report(results or full[-1])


def _size() -> Size:
    return SHORT


def _report(file: Path) -> None:
    from benchmarks.report import write_report

    console.print(f"written: {write_report(file)}")


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
