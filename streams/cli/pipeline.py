"""Commands that run the pipeline, feed it, and ask what it did."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from streams.cli.options import DATA, City, Config
from streams.config import Settings, load_settings
from streams.core.event import Feed
from streams.report.period import PeriodKind
from streams.report.words import Format, Language
from streams.telemetry.logs import set_up_logs

if TYPE_CHECKING:
    from streams.warehouse.port import Warehouse

app = typer.Typer()
SHANGHAI = ZoneInfo("Asia/Shanghai")


@app.command()
def run(config: Config = None) -> None:
    """Run a worker against the Kafka and ClickHouse of the settings, until SIGTERM or Ctrl-C."""
    from streams.flow import event_loop
    from streams.flow.worker import Worker

    settings = load_settings(config)
    set_up_logs(settings.telemetry.log_format, settings.telemetry.log_level)
    event_loop.install()
    raise typer.Exit(asyncio.run(_run(Worker, settings)))


async def _run(worker: type, settings: Settings) -> int:
    status: int = await worker(settings).run()
    return status


@app.command()
def push(config: Config = None) -> None:
    """Push orders to the HTTP endpoints that units.csv names, until SIGTERM or Ctrl-C."""
    from streams.flow import event_loop
    from streams.push.server import PushServer

    settings = load_settings(config)
    set_up_logs(settings.telemetry.log_format, settings.telemetry.log_level)
    event_loop.install()
    asyncio.run(_until_stopped(PushServer, settings))


async def _until_stopped(server: type, settings: Settings) -> None:
    await server(settings).run()


@app.command()
def demo(
    seconds: Annotated[int | None, typer.Option(envvar="DEMO_SECONDS", help="End by itself after so long.")] = None,
    rate: Annotated[float, typer.Option(help="Records a second, all-clears included; 0 plays nothing.")] = 50.0,
    profile: Annotated[str, typer.Option(help="calm, storm or evening")] = "calm",
    city: Annotated[Path | None, typer.Option(help="A city folder; the made-up demo city if not given.")] = None,
    data: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = DATA,
) -> None:
    """Play a city's day on all three feeds against an embedded Kafka and ClickHouse, and close the account."""
    from streams.demo.run import run_demo

    raise typer.Exit(run_demo(seconds, rate, profile, city, data))


@app.command()
def replay(
    file: Path,
    feed: Annotated[Feed, typer.Option(help="Which feed the file's rows belong to.")],
    map_file: Annotated[Path | None, typer.Option("--map", help="How the file's columns become a record.")] = None,
    speed: Annotated[str, typer.Option(help="max, or a number of times the records' own speed, like 10x")] = "max",
    wait: Annotated[float, typer.Option(help="Wait so many seconds for the account to close, then show it.")] = 0.0,
    config: Config = None,
) -> None:
    """Feed a file of records in: CSV or JSON Lines, plain or gzip, UTF-8 or GB18030."""
    from streams.flow.account import account_table, wait_closed
    from streams.intake import replay as replaying

    settings = load_settings(config)
    console = Console()
    done = replaying.replay(file, feed, map_file, speed, settings, console)
    console.print(replaying.summary(done), soft_wrap=True)
    if wait:
        account = wait_closed(settings, wait, lambda: False)
        console.print(account_table(account))
        raise typer.Exit(0 if account.closed else 1)


@app.command()
def account(config: Config = None) -> None:
    """Print the account: every record of every feed and what became of it. Exit 1 while it does not close."""
    from streams.flow.account import account_table, wait_closed

    taken = wait_closed(load_settings(config), 0.0, lambda: False)
    Console().print(account_table(taken))
    raise typer.Exit(0 if taken.closed else 1)


@app.command()
def migrate(
    config: Config = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be applied.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Only say what has been applied.")] = False,
) -> None:
    """Bring ClickHouse's tables and views up to this release."""
    from streams.warehouse import migrate as migrations
    from streams.warehouse.asking import Asking
    from streams.warehouse.errors import FolderInUse
    from streams.warehouse.opening import open_warehouse

    settings = load_settings(config).clickhouse
    try:
        warehouse: Warehouse = open_warehouse(settings)
    except FolderInUse:
        if not (status or dry_run):
            raise
        warehouse = Asking(settings)  # its worker answers
    with closing(warehouse):
        listed = migrations.status(warehouse) if status else migrations.migrate(
            warehouse, dry_run=dry_run, cluster=settings.cluster
        )
    for one in listed:
        typer.echo(f"{one.file}  {one.at:%Y-%m-%d %H:%M:%S}" if one.at else f"{one.file}  not applied")
    if not listed:
        typer.echo("nothing to apply")


@app.command()
def report(
    kind: Annotated[PeriodKind, typer.Argument(help="day, week, month or quarter")],
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in it, else yesterday.")] = None,
    area: Annotated[str, typer.Option(help="An area's code; the whole city if not given.")] = "",
    output_format: Annotated[Format, typer.Option("--format", help="table, md, csv or xlsx")] = "table",
    lang: Annotated[Language, typer.Option(help="zh or en")] = "zh",
    config: Config = None,
) -> None:
    """Print the figures of a period against the one before, for the morning meeting."""
    from streams.report.command import report_bytes

    day = (date or datetime.now(SHANGHAI) - timedelta(days=1)).date()
    sys.stdout.buffer.write(report_bytes(load_settings(config), kind, day, area, output_format, lang))


@app.command()
def suggest(
    output_format: Annotated[Format, typer.Option("--format", help="table, md, csv or xlsx")] = "table",
    lang: Annotated[Language, typer.Option(help="zh or en")] = "zh",
    city: City = None,
    config: Config = None,
) -> None:
    """List what to look at: rules whose orders keep moving away, new words, classes that swell, drift."""
    from streams.city.load import load_city
    from streams.report.suggest import suggest_bytes

    settings = load_settings(config)
    catalogue = load_city(city or Path(settings.city)).catalogue
    sys.stdout.buffer.write(suggest_bytes(settings, catalogue, output_format, lang))


@app.command()
def sql(
    statement: str,
    config: Config = None,
    output_format: Annotated[str, typer.Option("--format", help="Any of ClickHouse's formats.")] = "PrettyCompact",
) -> None:
    """Ask ClickHouse: a server, or the embedded one, whether its worker runs or not."""
    from streams.warehouse.select import select

    sys.stdout.buffer.write(select(load_settings(config).clickhouse, statement, output_format))
