"""Warnings and the ledger of the three zeros."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import Config
from streams.config import load_settings
from streams.core.cap import Source, Status
from streams.errors import SanwangError

app = typer.Typer()
_DAY_MS = 86_400_000
Form = Annotated[str, typer.Option("--format", help="Any of ClickHouse's formats.")]


@app.command()
def warnings(
    config: Config = None,
    history: Annotated[bool, typer.Option("--history", help="Changes, not what stands.")] = False,  # noqa: FBT002
    cap: Annotated[Path | None, typer.Option(help="Write CAP 1.2 messages into this folder instead.")] = None,
    sender: Annotated[str, typer.Option(help="CAP: who sends, unique; a domain of the city.")] = "",
    name: Annotated[str, typer.Option(help="CAP: who sends, for people.")] = "社会治理指挥中心",
    status: Annotated[Status, typer.Option(help="CAP: Actual, or Exercise, Test, ...")] = "Actual",
    days: Annotated[float, typer.Option(help="CAP: changes of the last days.")] = 1.0,
    output_format: Form = "PrettyCompact",
) -> None:
    """Four-colour warnings: what stands, what changed, or CAP 1.2 for other systems."""
    from streams.report.standing import warnings_table, write_cap

    settings = load_settings(config).clickhouse
    if cap is None:
        sys.stdout.buffer.write(warnings_table(settings, history=history, output_format=output_format))
        return
    if not sender:
        raise SanwangError("--cap needs --sender, for example --sender zhihui.example.gov.cn")
    since = int(time.time() * 1000 - days * _DAY_MS)
    written = write_cap(settings, cap, Source(sender, name, status), since)
    typer.echo(f"{written} messages written to {cap}")


@app.command()
def zeros(
    code: Annotated[str, typer.Argument(help="Code of a village, or of a unit.")],
    config: Config = None,
    output_format: Form = "PrettyCompact",
) -> None:
    """The three zeros: days without accident, case, or matter that had to climb; standing and history."""
    from streams.report.standing import zeros_table

    sys.stdout.buffer.write(zeros_table(load_settings(config).clickhouse, code, output_format))
