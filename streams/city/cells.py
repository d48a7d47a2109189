"""Cells of the tables that hold something other than text."""

from __future__ import annotations

from streams.city.city import Bounds
from streams.city.table import Table


def listed(cell: str) -> tuple[str, ...]:
    """A list-valued cell: values between "|", blanks around them dropped."""
    return tuple([value.strip() for value in cell.split("|") if value.strip()]) if cell else ()


def coordinates(table: Table, line: int, lon: str, lat: str, bounds: Bounds) -> tuple[float | None, float | None]:
    """Longitude and latitude in degrees, both None when both cells are empty; a fault if they make no sense."""
    if not lon and not lat:
        return None, None
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        column, cell = ("lat", lat) if _is_number(lon) else ("lon", lon)
        table.fault(line, column, f"{cell!r} is no coordinate", "degrees, as 114.65 and 33.62")
        return None, None
    west, south, east, north = bounds
    if west <= x <= east and south <= y <= north:
        return x, y
    hint = "longitude and latitude are swapped" if west <= y <= east and south <= x <= north else ""
    table.fault(line, "lon", f"({lon}, {lat}) is outside the bounds of city.toml", hint)
    return None, None


def number(table: Table, line: int, column: str, cell: str, default: int = 0) -> int:
    """A whole number from 0, `default` when the cell is empty; a fault otherwise."""
    if not cell:
        return default
    if cell.isascii() and cell.isdigit():
        return int(cell)
    table.fault(line, column, f"{cell!r} is no whole number")
    return default


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
