"""The command line: `sanwang COMMAND`. Every command is thin; what it does lives in the package that its name tells."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from streams.config import Settings, load_settings
from streams.errors import SanwangError
from streams.telemetry.logs import set_up_logs

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
city_app = typer.Typer(no_args_is_help=True, help="City folders: check one, begin a new one.")
letters_app = typer.Typer(no_args_is_help=True, help="Dead letters: list, show, replay, drop.")
app.add_typer(city_app, name="city")
app.add_typer(letters_app, name="dead-letters")

DATA = Path(".sanwang")
DEMO_SEED = 12345
Config = Annotated[Path | None, typer.Option("--config", envvar="SANWANG_CONFIG", help="Settings as a TOML file.")]


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


def main() -> None:
    """Run the command line; an error that the user can act on is printed without a traceback."""
    try:
        app(standalone_mode=False)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except SanwangError as error:
        typer.echo(f"sanwang: {error}", err=True)
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        typer.echo(f"sanwang: {error.filename or ''} {error.strerror or error}".strip(), err=True)
        sys.exit(1)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
