"""The names behind the codes: items, areas and units of the city, so that figures can show what people call them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from streams.core.area import Area
from streams.core.catalogue import Item
from streams.core.unit import Unit
from streams.warehouse.port import Row, Warehouse

AT_ONCE = 20_000  # rows of an insert: what it takes in memory stays with the process


def load_names(warehouse: Warehouse, items: Iterable[Item], areas: Iterable[Area], units: Iterable[Unit]) -> None:
    """Write the names of a city; those of codes that it no longer has stay, because older rows bear them."""
    _insert(warehouse, "items", map(_item, items))
    _insert(warehouse, "areas", map(_area, areas))
    _insert(warehouse, "units", map(_unit, units))


def _insert(warehouse: Warehouse, table: str, rows: Iterator[Row]) -> None:
    while part := list(islice(rows, AT_ONCE)):
        warehouse.insert(table, part)


def _item(item: Item) -> Row:
    return item.code, item.name, item.class_code, item.class_name, item.domain, item.level, item.life_safety


def _area(area: Area) -> Row:
    return area.code, area.name, area.level, area.parent, area.lon, area.lat, area.population


def _unit(unit: Unit) -> Row:
    return unit.code, unit.name, unit.kind, unit.sector, unit.territory, unit.parent, unit.lon, unit.lat
