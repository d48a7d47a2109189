"""Erase one person's records."""

from __future__ import annotations

from pathlib import Path
from time import time as clock
from typing import Annotated

import typer

from streams.cli.options import Config
from streams.config import load_settings

app = typer.Typer()


@app.command()
def erase(
    case: Annotated[str, typer.Option(help="Number of the case under which it was asked for; goes into the audit.")],
    caller_file: Annotated[Path | None, typer.Option(help="File with the number or account; else it is asked.")] = None,
    config: Config = None,
) -> None:
    """Erase what is known of one caller from Kafka and ClickHouse, and write down that it was done.

    The caller is never given on the command line, where others could read it.
    """
    from streams.flow.erasure import erase as erasing
    from streams.flow.erasure import shown

    settings = load_settings(config)
    caller = caller_file.read_text("utf-8") if caller_file else typer.prompt("Caller", hide_input=True)
    typer.echo(shown(erasing(settings, caller, case, int(clock() * 1000))))
