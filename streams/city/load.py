"""A city folder to a `City`, or to the list of all its faults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streams.city.areas import read_areas
from streams.city.calendar import LAST_YEAR, read_calendar
from streams.city.city import City, Head
from streams.city.classes import read_classes
from streams.city.faults import CityFaults
from streams.city.head import read_head, read_toml
from streams.city.items import read_codes, read_items, unowned_assists
from streams.city.table import Table
from streams.city.units import read_units, read_workers
from streams.core.area import Area
from streams.core.catalogue import Catalogue, Item
from streams.core.rules import Rule, read_rules
from streams.core.unit import Unit
from streams.errors import FileFault


def load_city(folder: Path, like: tuple[Path, City] | None = None) -> City:
    """The city that the files in `folder` describe, see docs/city.md. Raises CityFaults with everything wrong in it.

    `like` is another folder with its city: where the two folders say the same of areas, these are not read again.
    """
    faults: list[FileFault] = []
    head = read_head(folder, faults)
    areas = like[1].areas if like and _same_areas(folder, like[0]) else None
    city = _read(folder, head, areas, faults) if head else None
    if city is None or faults:
        raise CityFaults(str(folder), faults)
    return city


def check_city(folder: Path) -> list[FileFault]:
    """Everything wrong in a city folder; empty if it can be loaded."""
    try:
        load_city(folder)
    except CityFaults as error:
        return error.faults
    return []


def _same_areas(one: Path, other: Path) -> bool:
    files = "city.toml", "areas.csv"  # the first has the bounds and the day on which areas are in force
    return all((one / file).is_file() and (one / file).read_bytes() == (other / file).read_bytes() for file in files)


def _read(folder: Path, head: Head, known: Mapping[str, Area] | None, faults: list[FileFault]) -> City:
    areas = known or read_areas(Table(folder, "areas.csv", faults), head)
    units = read_units(Table(folder, "units.csv", faults), head, areas)
    items = read_items(Table(folder, "catalogue.csv", faults), head, units)
    catalogue = Catalogue(head.version, items, read_codes(folder, head, items, faults))
    rules = _read_rules(folder, catalogue, units, areas, faults)
    calendar = read_calendar(Table(folder, "holidays.csv", faults))
    workers = read_workers(Table(folder, "workers.csv", faults), head, areas)
    return City(
        name=head.name,
        code=head.code,
        version=head.version,
        bounds=head.bounds,
        areas=areas,
        units=units,
        catalogue=catalogue,
        rules=rules,
        calendar=calendar,
        workers=workers,
        classes=read_classes(folder, items, faults),
        notes=_notes(items, units),
    )


def _read_rules(
    folder: Path, catalogue: Catalogue, units: Mapping[str, Unit], areas: Mapping[str, Area], faults: list[FileFault]
) -> tuple[Rule, ...]:
    read = read_toml(folder, "rules.toml", faults)
    if not read or not read[0]:  # a city may do without rules: then the catalogue's own sectors count
        return ()
    rules, wrong = read_rules(read[1], "rules.toml", catalogue, units, areas)
    faults.extend(wrong)
    return rules


def _notes(items: Mapping[str, Item], units: Mapping[str, Unit]) -> tuple[str, ...]:
    calendar = f"statutory holidays are known up to {LAST_YEAR}; later years count weekends and holidays.csv only"
    sectors = unowned_assists(items, units)
    return (calendar, f"sectors that assist but have no unit: {'、'.join(sectors)}") if sectors else (calendar,)
