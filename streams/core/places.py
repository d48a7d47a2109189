"""Where is a report? By area code, by coordinates, by address text, in this order of trust."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from streams.core.area import Area, Level, ancestor, significant
from streams.core.event import Place
from streams.core.gazetteer import Gazetteer
from streams.core.nearest import Nearest, Point
from streams.core.outlines import Outlines
from streams.errors import RefusedError

REACH_KM = 3.0  # a place further than this from any grid is only said to be in a county
MARGIN = 0.03  # degrees (about 3 km) around the city's outermost areas that still count as the city
_SURE = frozenset({"village", "grid", "micro"})  # a code of these levels is believed over coordinates
_PADDED = frozenset({4, 6, 9})  # lengths of area codes that sources write without the padding zeros
_LENGTHS = _PADDED | {12, 15, 17}
_Box = tuple[float, float, float, float]


class Places:
    """All areas of a city, asked where a report is."""

    def __init__(self, areas: Iterable[Area]) -> None:
        """Index `areas`. Raises ValueError unless exactly one of them is the city."""
        self._areas = {area.code: area for area in areas}
        cities = [area.code for area in self._areas.values() if area.level == "city"]
        if len(cities) != 1:
            raise ValueError(f"a city has one area of level city, not {len(cities)}")
        self._city = cities[0]
        self._sure = {code for code, area in self._areas.items() if area.level in _SURE}
        self._box = _bounding_box(self._areas.values())
        self._deepest = Nearest(_deepest_points(self._areas.values()), REACH_KM)
        self._outlines = Outlines(self._areas.values())
        self._townships = _points(self._areas.values(), "township")
        self._gazetteer = Gazetteer(self._areas.values())

    def locate(self, code: str, lon: float | None, lat: float | None, address: str) -> Place:
        """The deepest certain area of a report, its coordinates (WGS84 degrees) as given.

        A known code decides if it is of a village or deeper; above that, coordinates and then the address may lead
        deeper inside it. Coordinates outside the city are dropped when something else places the report. Without
        anything that places it, it is in the city.

        Raises RefusedError: "outside_city" if only coordinates are given and they are outside, "unknown_area" if the
        only thing given is a code that the city does not have.
        """
        given = code.strip()
        known = self._known(given) if given else ""
        point, outside = self._point(lon, lat)
        if known in self._sure:
            return Place(known, "code", *point)
        lon, lat = point
        if lon is not None and lat is not None:
            spot = self._nearest(lon, lat)
            if spot and (not known or spot.startswith(significant(known))):
                return Place(spot, "coordinates", lon, lat)
        named = self._gazetteer.find(address, known) if address else None
        if named is not None:
            return Place(named.area or known or self._city, "address", lon, lat, named.ambiguous)
        if known:
            return Place(known, "code", lon, lat)
        self._refuse(given, address, outside=outside, placed=lon is not None)
        return Place(self._city, "none", lon, lat)

    def centre(self, area: str) -> tuple[float, float] | None:
        """Longitude and latitude of an area's centre, None if the city's files do not give it."""
        found = self._areas.get(area)
        return (found.lon, found.lat) if found and found.lon is not None and found.lat is not None else None

    def _known(self, code: str) -> str:
        """The area of a code as a source writes it, "" if the city has none such."""
        if code in self._areas:
            return code
        padded = code.ljust(12, "0") if len(code) in _PADDED else ""
        return padded if padded in self._areas else ""

    def _point(self, lon: float | None, lat: float | None) -> tuple[tuple[float | None, float | None], bool]:
        """The coordinates if they are usable, and whether they are outside the city."""
        if lon is None or lat is None:
            return (None, None), False
        west, south, east, north = self._box
        if west <= lon <= east and south <= lat <= north:
            return (lon, lat), False
        return (None, None), True

    def _nearest(self, lon: float, lat: float) -> str:
        """The nearest grid, but never outside an outline that holds the point; far from any, the county of the nearest
        township; "" in a city without coordinates.
        """
        spot = self._deepest.find(lon, lat)
        held = self._outlines.find(lon, lat)
        if held is not None:
            return spot if spot is not None and spot.startswith(significant(held)) else held
        if spot is not None:
            return spot
        if not self._townships:
            return ""
        township = min(self._townships, key=lambda point: (point[0] - lon) ** 2 + (point[1] - lat) ** 2)
        return ancestor(township[2], "county")

    def _refuse(self, code: str, address: str, *, outside: bool, placed: bool) -> None:
        if outside:
            raise RefusedError("outside_city", "the coordinates are outside the city, nothing else places the report")
        if code and not address and not placed:
            # Shown only if it looks like a code of this city: a wrongly mapped column may hold a phone number.
            shown = f"area {code}" if code.startswith(self._city[:4]) and len(code) in _LENGTHS else "area of this code"
            raise RefusedError("unknown_area", f"the city has no {shown}, and nothing else places the report")


def _points(areas: Iterable[Area], level: Level) -> list[Point]:
    return [(a.lon, a.lat, a.code) for a in areas if a.level == level and a.lon is not None and a.lat is not None]


def _deepest_points(areas: Collection[Area]) -> list[Point]:
    """All grids with coordinates, and the villages with coordinates that have no such grid."""
    grids = _points(areas, "grid")
    covered = {ancestor(code, "village") for _, _, code in grids}
    return grids + [point for point in _points(areas, "village") if point[2] not in covered]


def _bounding_box(areas: Iterable[Area]) -> _Box:
    """West, south, east and north of all areas with a margin; the whole world if none has coordinates."""
    points: list[tuple[float, float]] = []
    for area in areas:
        points += area.outline
        if area.lon is not None and area.lat is not None:
            points.append((area.lon, area.lat))
    if not points:
        return (-180.0, -90.0, 180.0, 90.0)
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    return (min(lons) - MARGIN, min(lats) - MARGIN, max(lons) + MARGIN, max(lats) + MARGIN)
