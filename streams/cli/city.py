"""City folders: check one, begin a new one."""

from __future__ import annotations

from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command("check")
def city_check(folder: Path) -> None:
    """Report every fault in a city folder with file, line, column and a suggestion; exit 1 if there is any."""
    from streams.city.load import check_city, load_city
    from streams.learning.items import opinion_of
    from streams.learning.model_file import ModelFileError

    faults = [str(fault) for fault in check_city(folder)]
    if not faults:
        city = load_city(folder)
        try:
            opinion_of(city.classes, city.catalogue)
        except ModelFileError as error:
            faults = [str(error)]
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"{folder}: {len(faults)} faults" if faults else f"{folder}: no faults")
    raise typer.Exit(1 if faults else 0)


@app.command("new")
def city_new(folder: Path) -> None:
    """Write a small commented example city to begin from."""
    from streams.city.example import new_city

    new_city(folder)
    typer.echo(f"{folder}: a city to begin from; see docs/city.md, then: sanwang city check {folder}")
