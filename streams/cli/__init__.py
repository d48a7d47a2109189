"""The command line: `sanwang COMMAND`.

Every command is thin: what it does lives in the package that its name tells, imported when it is run, because Faust and
ClickHouse's engine take long to load.
"""

from __future__ import annotations

import sys

import typer

from streams.cli import board, city, decisions, door, letters, pipeline, watch, whatif
from streams.errors import SanwangError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Sanwang (三网): one dispatch pipeline for the 12345 hotline, 110 police alerts and grid reports.",
)
app.add_typer(pipeline.app)
app.add_typer(decisions.app)
app.add_typer(whatif.app)
app.add_typer(board.app)
app.add_typer(board.users, name="users")
app.add_typer(watch.app)
app.add_typer(city.app, name="city")
app.add_typer(letters.app, name="dead-letters")
app.add_typer(door.app, name="door")


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
