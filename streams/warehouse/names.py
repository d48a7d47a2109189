"""The names behind the codes: items, areas and units of the city, so that figures can show what people call them."""

from __future__ import annotations

from collections.abc import Iterable

from streams.core.area import Area
from streams.core.catalogue import Item
from streams.core.unit import Unit
from streams.warehouse.port import Row, Warehouse


def load_names(warehouse: Warehouse, items: Iterable[Item], areas: Iterable[Area], units: Iterable[Unit]) -> None:
    """Write the names of a city; those of codes that it no longer has stay, because older rows bear them."""
    warehouse.insert("items", [_item(item) for item in items])
    warehouse.insert("areas", [_area(area) for area in areas])
    warehouse.insert("units", [_unit(unit) for unit in units])


def _item(item: Item) -> Row:
    return item.code, item.name, item.class_code, item.class_name, item.domain, item.level, item.life_safety


def _area(area: Area) -> Row:
    return area.code, area.name, area.level, area.parent, area.lon, area.lat, area.population


def _unit(unit: Unit) -> Row:
    return unit.code, unit.name, unit.kind, unit.sector, unit.territory, unit.parent, unit.lon, unit.lat
