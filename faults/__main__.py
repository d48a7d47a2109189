"""`python -m faults run --seed N --rounds M`: rounds of faults; `report`: their table into docs/reliability.md."""

from __future__ import annotations

import logging
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Annotated

import msgspec
import typer

from faults.kinds import FAULTS, Fault
from faults.outage import Outage, play_outage
from faults.recount import Recount
from faults.report import outages_of, replace_between, table_of
from faults.round import Round, play
from faults.stack import running_stack
from streams.city.demo import write_demo_city

HOME = Path(".sanwang/faults")
SERIES = 25  # rounds on one stack, then a fresh one
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run(
    seed: int = 1, rounds: int = 15, results: Path = HOME / "rounds.jsonl",
    only: Annotated[str, typer.Option(help="Names of faults, joined by commas; all if not given.")] = "",
) -> None:  # fmt: skip
    """Play rounds, each result a line in a file; exit 1 when one of them was not good."""
    for library in ("aiokafka", "clickhouse_driver"):  # they tell of the faults that we make
        logging.getLogger(library).setLevel(logging.CRITICAL)
    order = order_of(seed, rounds, [name.strip() for name in only.split(",") if name.strip()])
    results.parent.mkdir(parents=True, exist_ok=True)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="sanwang-faults-") as folder:
        write_demo_city(Path(folder) / "city", 1)
        first = 0
        while first < rounds:
            stack, city = Path(folder) / f"series{first}", Path(folder) / "city"
            first, good = _series(stack, city, seed, first, order, results)
            bad += not good
    typer.echo(f"{rounds} rounds, {bad} of them not good; results in {results}")
    raise typer.Exit(1 if bad else 0)


@app.command()
def outage(seconds: float = 300.0, seed: int = 1, results: Path = HOME / "outage.jsonl") -> None:
    """Take ClickHouse away for so long under load; what came of it is a line in a file."""
    results.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sanwang-faults-") as folder:
        write_demo_city(Path(folder) / "city", 1)
        with running_stack(Path(folder) / "stack", Path(folder) / "city") as stack, closing(stack.warehouse()) as house:
            recount = Recount(house, stack.kafka.servers)
            line = msgspec.json.encode(play_outage(stack, recount, house, seconds, seed))
    with results.open("ab") as file:
        file.write(line + b"\n")
    typer.echo(line.decode())


@app.command()
def report(
    results: Path = HOME / "rounds.jsonl", outages: Path = HOME / "outage.jsonl",
    page: Path = Path("docs/reliability.md"),
) -> None:  # fmt: skip
    """Write the tables of all rounds and outages played into the page."""
    rounds = [msgspec.json.decode(line, type=Round) for line in results.read_bytes().splitlines()]
    replace_between(page, "rounds", table_of(rounds))
    if outages.exists():
        played = [msgspec.json.decode(line, type=Outage) for line in outages.read_bytes().splitlines()]
        replace_between(page, "outage", outages_of(played))


def order_of(seed: int, rounds: int, names: list[str]) -> list[Fault]:
    """The faults of a session: every one equally often, shuffled by the seed."""
    rng = Random(seed)
    chosen: list[Fault] = []
    while len(chosen) < rounds:
        pack = [FAULTS[name] for name in names or FAULTS]
        rng.shuffle(pack)
        chosen += pack
    return chosen[:rounds]


def _series(
    folder: Path, city: Path, seed: int, first: int, order: list[Fault], results: Path
) -> tuple[int, bool]:  # fmt: skip
    """Rounds on one stack, up to one that is not good: it leaves what others would be blamed for.

    The number of the next round, and whether all were good.
    """
    with running_stack(folder, city) as stack, closing(stack.warehouse()) as warehouse:
        recount = Recount(warehouse, stack.kafka.servers)
        for number, fault in enumerate(order[first : first + SERIES], first):
            if fault.needs_disk and stack.disk is None:
                typer.echo(f"{number:4} {fault.name}: skipped, this user may not mount a small file system to fill")
                continue
            result = play(stack, recount, warehouse, fault, seed, number)
            with results.open("ab") as file:
                file.write(msgspec.json.encode(result) + b"\n")
            typer.echo(_line(result))
            if not result.good:
                return number + 1, False
    return first + len(order[first : first + SERIES]), True


def _line(result: Round) -> str:
    found = result.verdict
    return (
        f"{result.number:4} {result.fault:20} {'good' if result.good else 'BAD '} {found.records:6} records, "
        f"lost {found.lost}, doubled {found.doubled}, wrong {found.wrong}, told again {found.told_again}, "
        f"recovered in {result.recovery_s:6.2f} s, {result.memory_mb} MB, restarts {result.restarts}  "
        + "; ".join(found.notes)
    )


if __name__ == "__main__":
    app()
