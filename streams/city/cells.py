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


def outline(table: Table, line: int, cell: str, bounds: Bounds) -> tuple[tuple[float, float], ...]:
    """Corners as `114.28 33.20|114.30 33.20|114.29 33.22`, the last joined to the first; a fault if they are none."""
    corners: list[tuple[float, float]] = []
    for corner in cell.split("|") if cell else ():
        lon, _, lat = corner.strip().partition(" ")
        at = cell.index(corner)
        if not (_is_number(lon) and _is_number(lat)):
            table.fault(line, "outline", f"{corner!r} is no corner", "degrees, as 114.65 33.62", inside=at)
            return ()
        west, south, east, north = bounds
        if not (west <= float(lon) <= east and south <= float(lat) <= north):
            message = f"({corner.strip()}) is outside the bounds of city.toml"
            table.fault(line, "outline", message, inside=at)
            return ()
        corners.append((float(lon), float(lat)))
    if cell and len(corners) < 3:
        table.fault(line, "outline", "an outline needs at least three corners", "lon lat|lon lat|lon lat")
        return ()
    return tuple(corners)


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
