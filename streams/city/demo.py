"""The demo city: made up from a seed, as large as the real places that the project was shaped after."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from streams.city.demo_land import GRIDS, Land, lay_out
from streams.city.demo_units import all_units

WORKERS = 19_361
_DATA = Path(__file__).parent / "demo_data"
_COPIED = (
    "catalogue.csv", "codes/hotline.csv", "codes/police.csv", "codes/grid.csv", "rules.toml", "holidays.csv",
)  # fmt: skip
_HEAD = """\
# The demo city, made up from seed {seed}: no such place exists.
name = "{name}"
code = "{code}"
version = "demo-{seed}"
day = 2026-01-01
bounds = {bounds}  # west, south, east, north
seed = {seed}
"""


def write_demo_city(folder: Path, seed: int) -> None:
    """Write the demo city's files into `folder`, made if need be; the same bytes for the same seed."""
    random = Random(seed)  # noqa: S311 - place names, no secrets
    (folder / "codes").mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        shutil.copyfile(_DATA / name, folder / name)
    land = lay_out(random)
    head = _HEAD.format(seed=seed, name=land.city.name, code=land.city.padded, bounds=list(land.bounds()))
    (folder / "city.toml").write_text(head, encoding="utf-8")
    _write(folder / "areas.csv", ("code", "name", "lon", "lat", "aliases"), _areas(land))
    _write(folder / "units.csv", _UNIT_COLUMNS, _units(land))
    _write(folder / "workers.csv", ("worker", "grid"), _workers(random, land))


_UNIT_COLUMNS = ("code", "name", "kind", "sector", "territory", "hours", "parent", "channel", "lon", "lat")


def _areas(land: Land) -> Iterator[Sequence[object]]:
    for spot in land.spots:
        lon, lat = land.degrees(spot)
        yield spot.padded, spot.name, f"{lon:.6f}", f"{lat:.6f}", "|".join(spot.aliases)


def _units(land: Land) -> Iterator[Sequence[object]]:
    for unit in all_units(land):
        cells = {column: getattr(unit, column) for column in _UNIT_COLUMNS}
        yield list((cells | {"territory": "|".join(unit.territories)}).values())


def _workers(random: Random, land: Land) -> Iterator[Sequence[object]]:
    """One worker for each grid and a second for some; ids say nothing about anybody."""
    second = set(random.sample(range(GRIDS), WORKERS - GRIDS))
    numbers = random.sample(range(10_000, 100_000), WORKERS)
    for place, grid in enumerate(land.grids):
        for _ in range(2 if place in second else 1):
            yield f"W{numbers.pop():05}", grid.code


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
