"""Commands that try rules before they count."""

from __future__ import annotations

import sys
from pathlib import Path
from time import time
from typing import Annotated, Literal

import typer

from streams.cli.options import Config
from streams.config import load_settings
from streams.report.words import Format, Language

app = typer.Typer()
NewCity = Annotated[Path, typer.Option("--city", help="The changed city folder; the settings' is the present one.")]
Lang = Annotated[Language, typer.Option(help="zh or en")]


@app.command()
def whatif(
    city: NewCity,
    since: Annotated[str, typer.Option(help="30d, 12h ago, or a date or time like 2026-03-01T08:00.")] = "30d",
    until: Annotated[str, typer.Option(help="Likewise; now if not given.")] = "0m",
    source: Annotated[
        Literal["clickhouse", "kafka"],
        typer.Option("--from", help="clickhouse: as recorded; kafka: whole, while kept."),
    ] = "clickhouse",
    out: Annotated[Path | None, typer.Option(help="A folder for every single difference, as CSV.")] = None,
    output_format: Annotated[Format, typer.Option("--format", help="table, md, csv or xlsx")] = "table",
    lang: Lang = "zh",
    config: Config = None,
) -> None:
    """Replay recorded reports through a changed city and show what would differ. Nothing live is touched."""
    from streams.whatif.command import WhatIf, shown
    from streams.whatif.since import moment

    now = int(time() * 1000)
    asking = WhatIf(load_settings(config), city)
    sums = asking.ask(source, moment(since, now), moment(until, now), out)
    sys.stdout.buffer.write(shown(sums, asking.names, output_format, lang))
