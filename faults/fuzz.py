"""`python -m faults.fuzz run --seed N --inputs M`: malformed inputs over all ways in; `report` writes the table.

Every input has to be refused with a reason, or accepted because it is still good. What raises is a crash, and so is
`internal_error`, which the pipeline caught; a planted number that comes out in a dead letter, a row or the log is a
leak.
"""

from __future__ import annotations

import io
import logging
import re
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from random import Random

import msgspec
import typer

from faults.came import PLANTED
from faults.report import replace_between
from faults.surfaces import Surface, surfaces
from streams.city.demo import write_demo_city
from streams.city.load import load_city
from streams.telemetry.logs import set_up_logs

HOME = Path(".sanwang/faults")
SHOWN = 5
#: With another digit beside it, it is another number.
_LEAK = re.compile(rb"(?<![0-9])" + PLANTED.encode() + rb"(?![0-9])")
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


class Fuzzed(msgspec.Struct):
    """What came of the inputs of one way in."""

    surface: str
    seed: int
    inputs: int = 0
    refused: int = 0
    accepted: int = 0
    crashes: int = 0
    leaks: int = 0
    reasons: dict[str, int] = {}
    notes: list[str] = []

    @property
    def good(self) -> bool:
        """Whether nothing crashed or leaked."""
        return not (self.crashes or self.leaks)


def fuzz(folder: Path, seed: int, inputs: int) -> list[Fuzzed]:
    """Put `inputs` malformed inputs into the ways into a city, in equal shares, with all logs read for leaks."""
    ways = surfaces(load_city(folder), folder, seed)
    log = io.StringIO()
    with redirect_stderr(log):
        set_up_logs("json", "debug")
        try:
            done = [_fuzz(way, seed, inputs // len(ways), log) for way in ways]
        finally:
            for way in ways:
                way.close()
    set_up_logs("console", "warning")
    return done


def _fuzz(way: Surface, seed: int, inputs: int, log: io.StringIO) -> Fuzzed:
    done, rng, reasons = Fuzzed(way.name, seed), Random(f"{seed}/{way.name}"), Counter[str]()
    for number in range(inputs):
        done.inputs += 1
        try:
            came = way.fuzz(rng)
        except Exception:  # noqa: BLE001 - that is what is counted
            done.crashes += 1
            done.notes += [f"input {number}: {traceback.format_exc()}"] if len(done.notes) < SHOWN else []
            continue
        reasons[came.reason] += 1
        done.accepted += came.reason == "accepted"
        done.crashes += came.reason == "internal_error"
        if _LEAK.search(came.told):
            done.leaks += 1
            done.notes += [f"input {number}: {came.told!r}"] if len(done.notes) < SHOWN else []
        if log.tell():
            done.leaks += PLANTED in log.getvalue()
            done.notes += [log.getvalue()] if len(done.notes) < SHOWN else []
            log.seek(0)
            log.truncate()
    done.refused = done.inputs - done.accepted - (done.crashes - reasons["internal_error"])
    done.reasons = dict(reasons)
    return done


@app.command()
def run(seed: int = 1, inputs: int = 1_000_000, results: Path = HOME / "fuzz.jsonl") -> None:
    """Fuzz, each way in a line in a file of results; exit 1 on a crash or a leak."""
    results.parent.mkdir(parents=True, exist_ok=True)
    began, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="sanwang-fuzz-") as folder:
        write_demo_city(Path(folder) / "city", 1)
        done = fuzz(Path(folder) / "city", seed, inputs)
    with results.open("ab") as file:
        file.writelines(msgspec.json.encode(one) + b"\n" for one in done)
    for one in done:
        typer.echo(msgspec.json.encode(one).decode())
    typer.echo(f"{time.monotonic() - began:.0f} s, of them computing {time.process_time() - cpu:.0f} s")
    raise typer.Exit(0 if all(one.good for one in done) else 1)


@app.command()
def report(results: Path = HOME / "fuzz.jsonl", page: Path = Path("docs/reliability.md")) -> None:
    """Write the table of all inputs into the page."""
    done = [msgspec.json.decode(line, type=Fuzzed) for line in results.read_bytes().splitlines()]
    replace_between(page, "fuzz", table_of(done))


def table_of(done: Sequence[Fuzzed]) -> str:
    """One line a way in, and all together."""
    names = list(dict.fromkeys(one.surface for one in done))
    lines = [_line(f"`{name}`", [one for one in done if one.surface == name]) for name in names]
    head = ["| way in | inputs | refused | still good | crashes | leaks | reasons |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *lines, _line("**all**", done)])


def _line(name: str, done: Sequence[Fuzzed]) -> str:
    sums = [sum(getattr(one, what) for one in done) for what in ("inputs", "refused", "accepted", "crashes", "leaks")]
    reasons = sum((Counter(one.reasons) for one in done), Counter[str]())
    del reasons["accepted"]
    return f"| {name} | " + " | ".join(f"{count:,}" for count in sums) + f" | {', '.join(sorted(reasons))} |"


if __name__ == "__main__":
    logging.captureWarnings(capture=True)
    app()
