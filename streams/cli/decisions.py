"""Commands about decisions: explain one, classify, find duplicates, learn from history."""

from __future__ import annotations

from pathlib import Path
from time import time as clock
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from streams.cli.options import City, Config
from streams.config import load_settings
from streams.core.event import Feed
from streams.errors import SanwangError

if TYPE_CHECKING:
    from streams.learning.labeller import Labeller

app = typer.Typer()


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
    city: City = None,
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
        now = int(clock() * 1000)
        codes = (code,) if code else ()
        report = Report(feed, ASKED, now, codes=codes, text=text, address=address, area=area, lon=lon, lat=lat)
        explained = explaining.report(report, warehouse, now)
    typer.echo(explained.json() if as_json else explained.text(lang))


@app.command()
def classify(
    text: Annotated[str, typer.Argument(help="What somebody told.")] = "",
    file: Annotated[Path | None, typer.Option(help="Instead: a file of many texts, CSV or JSON Lines.")] = None,
    columns: Annotated[str, typer.Option("--text", help="The file's text columns, joined.")] = "title,detail",
    out: Annotated[Path | None, typer.Option(help="Where the file's answers go, as CSV.")] = None,
    model: Annotated[Path | None, typer.Option(help="A trained model; as the city says if not given.")] = None,
    city: City = None,
    config: Config = None,
) -> None:
    """Say which catalogue item a text is about, how sure, and why."""
    from streams.batch.classify import classify_file
    from streams.batch.shown import labelled_shown

    labeller = _labeller(city or Path(load_settings(config).city), model)
    if text and not file:
        Console().print(labelled_shown(labeller.label([text])[0]))
    elif file and out and not text:
        for label, texts in classify_file(file, _names(columns), out, labeller).most_common():
            typer.echo(f"{texts:>8}  {label}")
    else:
        raise SanwangError("give a text, or --file with --out")


@app.command()
def train(
    file: Path,
    label: Annotated[str, typer.Option(help="The column with the right answers.")],
    out: Annotated[Path, typer.Option(help="Where the model goes.")],
    columns: Annotated[str, typer.Option("--text", help="The text columns, joined.")] = "title,detail",
    group: Annotated[str, typer.Option(help="A column whose equal values stay in one fold.")] = "",
    seed: int = 0,
) -> None:
    """Train a model on a city's own history, judged on folds that share no near-duplicates."""
    from streams.batch.shown import training_shown
    from streams.batch.teach import train_file

    Console().print(training_shown(train_file(file, _names(columns), label, out, group, seed)))


@app.command()
def evaluate(
    model: Path,
    file: Path,
    label: Annotated[str, typer.Option(help="The column with the right answers.")],
    columns: Annotated[str, typer.Option("--text", help="The text columns, joined.")] = "title,detail",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON instead of tables.")] = False,
) -> None:
    """Measure a model on records with known answers."""
    from streams.batch.shown import figures_json, figures_shown
    from streams.batch.teach import evaluate_file

    figures = evaluate_file(model, file, _names(columns), label)
    Console().print(figures_json(figures) if as_json else figures_shown(figures))


@app.command()
def dedupe(
    file: Path,
    out: Annotated[Path, typer.Option(help="Where the rows go with their incident, as CSV.")],
    time: Annotated[str, typer.Option(help="The column with the time.")] = "time",
    columns: Annotated[str, typer.Option("--text", help="The text columns, joined.")] = "title,detail",
    place: Annotated[str, typer.Option(help="Columns with the place in words.")] = "",
    city: City = None,
    config: Config = None,
) -> None:
    """Find the reports of a file that are about the same matter, with the very rules of the stream."""
    from streams.batch.dedupe import dedupe as find
    from streams.city.load import load_city

    loaded = load_city(city or Path(load_settings(config).city))
    found = find(file, _names(columns), time, out, loaded.catalogue, tuple(loaded.areas.values()), _names(place))
    typer.echo(f"{found.rows} rows are about {found.incidents} incidents; {found.linked} joined an earlier row's")


def _labeller(folder: Path, model: Path | None) -> Labeller:
    from streams.city.load import load_city
    from streams.learning.items import opinion_of
    from streams.learning.labeller import CityLabeller, ModelLabeller
    from streams.learning.model_file import load_model

    city = load_city(folder)
    if model:
        return ModelLabeller(city.catalogue, load_model(model))
    opinion = opinion_of(city.classes, city.catalogue)
    return CityLabeller(city.catalogue, opinion.learned, opinion.by) if opinion else CityLabeller(city.catalogue)


def _names(columns: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in columns.split(",") if name.strip())
