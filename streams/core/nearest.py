"""Nearest points on the ground: an index that answers in microseconds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

_CELL = 0.005  # degrees: about 500 m, a few grids in the country
_FINE = _CELL / 5  # for cells with many grids, in town
_CROWD = 8
_DIAGONAL = math.sqrt(2)  # of a cell of size 1
_KM_PER_DEGREE = 111.32  # of latitude

Point = tuple[float, float, str]  # longitude, latitude, name; inside the index x and y in degrees of latitude, name
_Cell = tuple[int, int]


class Nearest:
    """Named points, of which the nearest within a reach is asked for.

    The plane is cut into cells. For each cell that is asked about, the points that can be the nearest to some place in
    it are worked out once and kept; a cell where these are many is cut again.
    """

    def __init__(self, points: Iterable[Point], reach_km: float) -> None:
        """Index `points` for questions up to `reach_km` kilometres."""
        located = list(points)
        middle = sum(lat for _, lat, _ in located) / len(located) if located else 0.0
        self._narrowing = math.cos(math.radians(middle))  # a degree of longitude is this much of one of latitude
        self._reach = reach_km / _KM_PER_DEGREE
        self._buckets: dict[_Cell, list[Point]] = defaultdict(list)
        for lon, lat, name in located:
            x = lon * self._narrowing
            self._buckets[int(x // _CELL), int(lat // _CELL)].append((x, lat, name))
        self._candidates: dict[_Cell, list[Point]] = {}
        self._fine: dict[_Cell, list[Point]] = {}

    def find(self, lon: float, lat: float) -> str | None:
        """Name of the point nearest to a place in degrees, None if there is none within reach."""
        x = lon * self._narrowing
        cell = (int(x // _CELL), int(lat // _CELL))
        candidates = self._candidates.get(cell)
        if candidates is None:
            candidates = self._candidates[cell] = _possible(self._around(cell), cell, _CELL)
        if len(candidates) > _CROWD:
            candidates = self._in_crowd(candidates, (int(x // _FINE), int(lat // _FINE)))
        best, found = self._reach * self._reach, None
        for px, py, name in candidates:
            dx, dy = px - x, py - lat
            distance = dx * dx + dy * dy
            if distance < best:
                best, found = distance, name
        return found

    def _in_crowd(self, candidates: list[Point], cell: _Cell) -> list[Point]:
        fine = self._fine.get(cell)
        if fine is None:
            fine = self._fine[cell] = _possible(candidates, cell, _FINE)
        return fine

    def _around(self, cell: _Cell) -> list[Point]:
        """All points that may be the nearest to a place in the cell: those in a few rings of cells."""
        ring, last = 0, math.ceil(self._reach / _CELL) + 1
        found: list[Point] = []
        while ring <= last:
            empty = not found
            for neighbour in _ring(cell, ring):
                found.extend(self._buckets.get(neighbour, ()))
            if empty and found:  # then some point is at most ring + 1 diagonals away from every place in the cell
                last = min(last, math.ceil((ring + 1) * _DIAGONAL))
            ring += 1
        return found


def _possible(points: list[Point], cell: _Cell, size: float) -> list[Point]:
    """Those of `points` that are the nearest to at least one place in a cell of `size` degrees, and perhaps a few more.

    If the point nearest to the centre is d away, then no place in the cell has its nearest point further than d + half
    a diagonal, hence none further than d + a whole diagonal from the centre.
    """
    x, y = (cell[0] + 0.5) * size, (cell[1] + 0.5) * size
    away = [(math.hypot(point[0] - x, point[1] - y), point) for point in points]
    limit = min(away, default=(0.0, None))[0] + size * _DIAGONAL
    return [point for distance, point in sorted(away) if distance <= limit]


def _ring(cell: _Cell, radius: int) -> Iterable[_Cell]:
    """The cells at `radius` steps from `cell`, the cell itself for 0."""
    column, row = cell
    if radius == 0:
        yield cell
        return
    for step in range(-radius, radius + 1):
        yield column + step, row - radius
        yield column + step, row + radius
    for step in range(1 - radius, radius):
        yield column - radius, row + step
        yield column + radius, row + step
