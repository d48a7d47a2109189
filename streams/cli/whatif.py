"""Commands that try rules before they count, and correct what they decided."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.cli.options import Config
from streams.config import Settings, load_settings
from streams.errors import SanwangError
from streams.report.words import Format, Language

if TYPE_CHECKING:
    from streams.whatif.tried import Tried

app = typer.Typer()
NewCity = Annotated[Path | None, typer.Option("--city", help="The changed city folder; the settings' is the present.")]
Model = Annotated[Path | None, typer.Option(help="A model file that the folder does not name.")]
Threshold = Annotated[float | None, typer.Option(min=0, max=1, help="Another threshold of the model.")]
Lang = Annotated[Language, typer.Option(help="zh or en")]


@app.command()
def whatif(
    city: NewCity = None,
    model: Model = None,
    threshold: Threshold = None,
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

    now, settings = int(time() * 1000), load_settings(config)
    asking = WhatIf(settings, _tried(settings, city, model, threshold))
    sums = asking.ask(source, moment(since, now), moment(until, now), out)
    sys.stdout.buffer.write(shown(sums, asking.names, output_format, lang))


@app.command()
def shadow(
    city: NewCity = None,
    model: Model = None,
    threshold: Threshold = None,
    seconds: Annotated[int | None, typer.Option(help="End by itself after so long; else with Ctrl-C.")] = None,
    every: Annotated[float, typer.Option(help="Say how it stands every so many seconds.")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="A folder for every single difference, as CSV.")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Serve /metrics there, on this machine only.")] = None,
    output_format: Annotated[Format, typer.Option("--format", help="table, md, csv or xlsx, at the end")] = "table",
    lang: Lang = "zh",
    config: Config = None,
) -> None:
    """Try a changed city on live reports, beside the running pipeline: it sends, commits and changes nothing."""
    from prometheus_client import start_http_server

    from streams.whatif.command import shown
    from streams.whatif.follow import follow
    from streams.whatif.shadow import Shadow

    settings = load_settings(config)
    asking = Shadow(settings, _tried(settings, city, model, threshold))
    if metrics_port is not None:
        start_http_server(metrics_port, "127.0.0.1", asking.metrics.registry)
    sums = asyncio.run(follow(asking, seconds, every, out, lang))
    sys.stdout.buffer.write(shown(sums, asking.names, output_format, lang, "shadow"))


def _tried(settings: Settings, city: Path | None, model: Path | None, threshold: float | None) -> Tried:
    from streams.whatif.tried import Tried

    if city is None and model is None and threshold is None:
        raise SanwangError("nothing to try: give --city, --model or --threshold")
    return Tried(city or Path(settings.city), model, threshold)


@app.command()
def unmerge(
    event_id: Annotated[str, typer.Argument(help="The report that does not belong: feed:number.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    by: Annotated[str, typer.Option(help="Code of the desk that says so; never a person.")] = "operator",
    config: Config = None,
) -> None:
    """Take a report off the incident that it was joined to: it becomes one of its own, with orders of its own."""
    from streams.intake.unmerge import unmerge as send

    incident_id = asyncio.run(send(load_settings(config), event_id, by, reason, int(time() * 1000)))
    typer.echo(f"{event_id} is taken off {incident_id}; what became of it is in the table incident_corrections")
