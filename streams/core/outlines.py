"""Areas with an outline: which of them holds a point?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import floor

from streams.core.area import Area, significant

Ring = tuple[tuple[float, float], ...]  # corners (longitude, latitude) in order; the last one joins the first
_CELL = 0.02  # degrees: about 2 km


class Outlines:
    """The areas whose outline is known, filed by the cells that they touch."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._filed: dict[tuple[int, int], list[tuple[str, Ring]]] = defaultdict(list)
        for area in sorted((a for a in areas if a.outline), key=lambda a: (-len(significant(a.code)), a.code)):
            lons, lats = zip(*area.outline, strict=True)
            for x in range(floor(min(lons) / _CELL), floor(max(lons) / _CELL) + 1):
                for y in range(floor(min(lats) / _CELL), floor(max(lats) / _CELL) + 1):
                    self._filed[x, y].append((area.code, area.outline))

    def find(self, lon: float, lat: float) -> str | None:
        """Code of the deepest area that holds a point in degrees, None if no outline does."""
        for code, ring in self._filed.get((floor(lon / _CELL), floor(lat / _CELL)), ()):
            if _holds(ring, lon, lat):
                return code
        return None


def _holds(ring: Ring, lon: float, lat: float) -> bool:
    """Does a line from the point to the east cross the ring an odd number of times?"""
    inside = False
    for (x1, y1), (x2, y2) in pairwise((*ring, ring[0])):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
