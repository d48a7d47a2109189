"""Sanwang (三网): one dispatch pipeline for the 12345 hotline, 110 police alerts and grid reports."""

# Every command is thin: what it does lives in the package that its name tells, imported when it is run, because Faust
# and ClickHouse's engine take long to load.

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer
import uvloop
from rich.console import Console

from streams.config import Settings, load_settings
from streams.core.event import Feed
from streams.errors import SanwangError
from streams.telemetry.logs import set_up_logs

if TYPE_CHECKING:
    from streams.flow.dead_letter_office import LetterId
    from streams.warehouse.port import Warehouse

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
city_app = typer.Typer(no_args_is_help=True, help="City folders: check one, begin a new one.")
letters_app = typer.Typer(no_args_is_help=True, help="Dead letters: list, show, replay, drop.")
app.add_typer(city_app, name="city")
app.add_typer(letters_app, name="dead-letters")

DATA = Path(".sanwang")
Config = Annotated[Path | None, typer.Option("--config", envvar="SANWANG_CONFIG", help="Settings as a TOML file.")]
Letters = Annotated[list[str] | None, typer.Argument(help="feed/partition/offset, as `list` shows them")]
Reason = Annotated[str, typer.Option(help="All open ones with this reason.")]


@app.command()
def run(config: Config = None) -> None:
    """Run a worker against the Kafka and ClickHouse of the settings, until SIGTERM or Ctrl-C."""
    from streams.flow.worker import Worker

    settings = load_settings(config)
    set_up_logs(settings.telemetry.log_format, settings.telemetry.log_level)
    uvloop.install()
    raise typer.Exit(asyncio.run(_run(Worker, settings)))


async def _run(worker: type, settings: Settings) -> int:
    status: int = await worker(settings).run()
    return status


@city_app.command("check")
def city_check(folder: Path) -> None:
    """Report every fault in a city folder with file, line, column and a suggestion; exit 1 if there is any."""
    from streams.city.load import check_city

    faults = check_city(folder)
    for fault in faults:
        typer.echo(str(fault))
    typer.echo(f"{folder}: {len(faults)} faults" if faults else f"{folder}: no faults")
    raise typer.Exit(1 if faults else 0)


@city_app.command("new")
def city_new(folder: Path) -> None:
    """Write a small commented example city to begin from."""
    from streams.city.example import new_city

    new_city(folder)
    typer.echo(f"{folder}: a city to begin from; see docs/city.md, then: sanwang city check {folder}")


@app.command()
def demo(
    seconds: Annotated[int | None, typer.Option(envvar="DEMO_SECONDS", help="End by itself after so long.")] = None,
    rate: Annotated[float, typer.Option(help="Records a second, all-clears included; 0 plays nothing.")] = 50.0,
    profile: Annotated[str, typer.Option(help="calm or storm")] = "calm",
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
    console.print(replaying.summary(done))
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
        listed = migrations.status(warehouse) if status else migrations.migrate(warehouse, dry_run=dry_run)
    for one in listed:
        typer.echo(f"{one.file}  {one.at:%Y-%m-%d %H:%M:%S}" if one.at else f"{one.file}  not applied")
    if not listed:
        typer.echo("nothing to apply")


@app.command()
def sql(
    statement: str,
    config: Config = None,
    output_format: Annotated[str, typer.Option("--format", help="Any of ClickHouse's formats.")] = "PrettyCompact",
) -> None:
    """Ask ClickHouse: a server, or the embedded one, whether its worker runs or not."""
    from streams.warehouse.select import select

    sys.stdout.buffer.write(select(load_settings(config).clickhouse, statement, output_format))


@app.command()
def explain(
    event_id: Annotated[str, typer.Argument(help="A report that came in: feed:number.")] = "",
    text: Annotated[str, typer.Option(help="Instead of a report: what somebody might tell.")] = "",
    feed: Annotated[Feed, typer.Option(help="By which net the text would come in.")] = "hotline",
    code: Annotated[str, typer.Option(help="The source's own class code.")] = "",
    area: Annotated[str, typer.Option(help="Area or grid code.")] = "",
    address: Annotated[str, typer.Option(help="Where, in words.")] = "",
    lon: Annotated[float | None, typer.Option(help="Longitude in degrees, WGS84.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude in degrees, WGS84.")] = None,
    city: Annotated[Path | None, typer.Option(help="A city folder; that of the settings if not given.")] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the words.")] = "zh",
    config: Config = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON instead of words.")] = False,
) -> None:
    """Tell why a report went where it went: its item, its place, its incident, its units, its due time."""
    from streams.city.load import load_city
    from streams.core.event import Report
    from streams.explain.command import ASKED, Explaining
    from streams.warehouse.asking import Asking

    if bool(event_id) == bool(text):
        raise SanwangError("name a report (feed:number), or give --text")
    settings = load_settings(config)
    explaining = Explaining(load_city(city or Path(settings.city)))
    warehouse = Asking(settings.clickhouse)
    if event_id:
        explained = explaining.event(event_id, warehouse)
    else:
        now = int(time() * 1000)
        codes = (code,) if code else ()
        report = Report(feed, ASKED, now, codes=codes, text=text, address=address, area=area, lon=lon, lat=lat)
        explained = explaining.report(report, warehouse, now)
    typer.echo(explained.json() if as_json else explained.text(lang))


@letters_app.command("list")
def letters_list(
    config: Config = None,
    status: Annotated[str, typer.Option(help="open, replayed, dropped, all")] = "open",
    reason: Annotated[str, typer.Option(help="Only those with this reason.")] = "",
    limit: int = 50,
) -> None:
    """List dead letters, newest first."""
    from streams.flow.dead_letter_office import list_letters

    sys.stdout.buffer.write(list_letters(load_settings(config), status, reason, limit))


@letters_app.command("show")
def letters_show(letter: str, config: Config = None) -> None:
    """Show everything known of one dead letter; LETTER is feed/partition/offset."""
    from streams.flow.dead_letter_office import LetterId, show_letter

    sys.stdout.buffer.write(show_letter(load_settings(config), LetterId.parse(letter)))


@letters_app.command("replay")
def letters_replay(letters: Letters = None, reason: Reason = "", config: Config = None) -> None:
    """Send the records behind dead letters to their feeds once more."""
    from streams.flow.dead_letter_office import replay_letters

    _with_letters(replay_letters, letters, reason, config, "sent again")


@letters_app.command("drop")
def letters_drop(letters: Letters = None, reason: Reason = "", config: Config = None) -> None:
    """Mark dead letters as dropped: looked at, nothing to be done."""
    from streams.flow.dead_letter_office import drop_letters

    _with_letters(drop_letters, letters, reason, config, "dropped")


def _with_letters(
    work: Callable[[Settings, Sequence[LetterId]], Coroutine[None, None, None]],
    letters: list[str] | None, reason: str, config: Path | None, done: str,
) -> None:
    from streams.flow.dead_letter_office import LetterId, open_letters

    settings = load_settings(config)
    if bool(letters) == bool(reason):
        raise SanwangError("name dead letters (feed/partition/offset), or --reason for all open ones with that reason")
    chosen = [LetterId.parse(letter) for letter in letters] if letters else open_letters(settings, reason)
    asyncio.run(work(settings, chosen))
    typer.echo(f"{len(chosen)} dead letters {done}")


def main() -> None:
    """Run the command line; an error that the user can act on is printed without a traceback."""
    try:
        app()
    except SanwangError as error:
        typer.echo(f"sanwang: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"sanwang: {error.filename or ''} {error.strerror or error}".strip(), err=True)
        sys.exit(1)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
