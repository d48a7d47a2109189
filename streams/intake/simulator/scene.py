"""Where simulated matters happen, and how people write that down."""

from __future__ import annotations

from math import cos, pi, radians
from random import Random

from msgspec import Struct

from streams.city.city import City
from streams.core.area import Area, Level, ancestor
from streams.intake.simulator.draw import Weighted

METRES_A_DEGREE = 111_320.0
_SPREAD_M = 150.0  # matters lie this far around the centre of a grid, in metres, as a standard deviation
_GPS_ERROR_M = 25.0  # mean distance between where a matter is and where a report says that it is: 10 to 40 metres


class Spot(Struct, frozen=True, gc=False):
    """One grid, or one village that has none, and the names by which people call it."""

    code: str
    lon: float
    lat: float
    names: tuple[str, ...]  # roads, estates, the village
    wide: tuple[str, ...]  # the same place said more widely: township, county and township


class Scene(Struct, frozen=True, gc=False):
    """The place of one matter."""

    spot: Spot
    lon: float
    lat: float
    name: str
    door: str

    def seen_from(self, rng: Random) -> tuple[float, float]:
        """Longitude and latitude as one report has them: some tens of metres off."""
        angle, metres = rng.random() * 2 * pi, _GPS_ERROR_M * (0.4 + 1.2 * rng.random())
        return _moved(self.lon, self.lat, metres * cos(angle), metres * cos(angle - pi / 2))

    def written(self, rng: Random) -> str:
        """The place in words: exact, without the door, or with the township before it."""
        draw = rng.random()
        if draw < 0.45:
            return self.name + self.door
        if draw < 0.75:
            return self.spot.wide[int(rng.random() * len(self.spot.wide))] + self.name + self.door
        return self.name


class Scenery:
    """The city's places, drawn as often as people live there."""

    def __init__(self, city: City) -> None:
        spots = [(spot, float(area.population or 1)) for area in _ground(city) if (spot := _spot(city, area))]
        self._spots = Weighted(spots)
        self.grids = [spot.code for spot, _ in spots]

    def draw(self, rng: Random) -> Scene:
        """The place of a new matter."""
        spot = self._spots.draw(rng)
        lon, lat = _moved(spot.lon, spot.lat, rng.gauss(0, _SPREAD_M), rng.gauss(0, _SPREAD_M))
        name = spot.names[int(rng.random() * len(spot.names))]
        return Scene(spot, lon, lat, name, _door(name, int(rng.random() * 200) + 1))


def _ground(city: City) -> list[Area]:
    """All grids, and the villages that have no grid."""
    grids = [area for area in city.areas.values() if area.level == "grid"]
    covered = {ancestor(area.code, "village") for area in grids}
    return grids + [a for a in city.areas.values() if a.level == "village" and a.code not in covered]


def _spot(city: City, area: Area) -> Spot | None:
    levels: tuple[Level, ...] = ("village", "township", "county")
    village, township, county = (city.areas.get(ancestor(area.code, level)) for level in levels)
    lon, lat = area.lon, area.lat
    if (lon is None or lat is None) and village is not None:
        lon, lat = village.lon, village.lat
    if lon is None or lat is None:
        return None
    names = [*area.aliases, *(village.aliases if village else ()), village.name if village else area.name]
    town, shire = township.name if township else "", county.name if county else ""
    return Spot(area.code, lon, lat, tuple(dict.fromkeys(names)), (town, shire + town, city.name + shire + town))


def _door(name: str, number: int) -> str:
    if name.endswith(("新村", "园", "苑", "里", "期", "小区", "花城", "公寓", "府", "湾")):
        return f"{number % 30 + 1}号楼{number % 4 + 1}单元"
    if name.endswith(("路", "街", "道", "巷", "大道")):
        return f"{number}号"
    if name.endswith(("村", "庄", "社区")):
        return f"{number % 9 + 1}组"
    return ("门口", "旁边", "东侧", "对面")[number % 4]


def _moved(lon: float, lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    moved = lat + north_m / METRES_A_DEGREE
    return round(lon + east_m / (METRES_A_DEGREE * cos(radians(lat))), 6), round(moved, 6)
