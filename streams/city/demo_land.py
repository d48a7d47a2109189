"""The land of the demo city: which areas it has, where they lie, and what else lies in them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

from msgspec import Struct

from streams.city.demo_names import CITY, COMMON_ROADS, COUNTIES, Names

CODE = "9901"  # no such division exists
CENTRE = (114.65, 33.62)
GRIDS, MICRO_GRIDS = 14_738, 100_622
TOWNSHIPS = (24, 20, 26, 18, 20, 19, 18, 19, 18, 18)  # by county
VILLAGES = (480, 500, 553, 480, 510, 500, 490, 500, 487, 500)
STREETS = (24, 8, 3, 3, 3, 3, 3, 3, 3, 3)  # townships that are town, not country
_KM2 = {True: 0.16, False: 2.25}  # of one community (400 m apart), of one village (1.5 km apart)
_GRID_SHARE = {True: 5.0, False: 2.3}
_LAT_KM = 111.32
_LON_KM = _LAT_KM * math.cos(math.radians(CENTRE[1]))


class Box(Struct, frozen=True):
    """A rectangle of land, in kilometres east and north of the city's south-west corner."""

    x: float
    y: float
    width: float
    height: float


class Spot(Struct, frozen=True):
    """One area of the demo city."""

    code: str  # significant digits only
    name: str
    x: float
    y: float
    aliases: tuple[str, ...] = ()
    urban: bool = False

    @property
    def padded(self) -> str:
        """The area code."""
        return self.code.ljust(12, "0")


class Land(Struct):
    """All areas of the demo city, by level."""

    width: float
    height: float
    city: Spot
    counties: list[Spot]
    townships: list[Spot]
    villages: list[Spot]
    grids: list[Spot]
    micro_grids: list[Spot]

    def degrees(self, spot: Spot) -> tuple[float, float]:
        """Longitude and latitude of a spot."""
        lon = CENTRE[0] + (spot.x - self.width / 2) / _LON_KM
        return lon, CENTRE[1] + (spot.y - self.height / 2) / _LAT_KM

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the city, with some room."""
        half_lon, half_lat = self.width / 2 / _LON_KM + 0.05, self.height / 2 / _LAT_KM + 0.05
        edges = (CENTRE[0] - half_lon, CENTRE[1] - half_lat, CENTRE[0] + half_lon, CENTRE[1] + half_lat)
        return (round(edges[0], 2), round(edges[1], 2), round(edges[2], 2), round(edges[3], 2))

    @property
    def spots(self) -> Iterator[Spot]:
        """All areas, from the city down."""
        yield self.city
        for level in (self.counties, self.townships, self.villages, self.grids, self.micro_grids):
            yield from level


def lay_out(random: Random) -> Land:
    """The whole city; the same for the same `random`."""
    names = Names(random)
    shares = [_villages_of(random, county) for county in range(len(COUNTIES))]
    sizes = [sum(_KM2[urban] * count for urban, count in share) for share in shares]
    width = math.sqrt(sum(sizes) * 1.2)
    height = sum(sizes) / width
    land = Land(width, height, Spot(CODE, CITY, width / 2, height / 2), [], [], [], [], [])
    for number, (box, share) in enumerate(zip(_split(Box(0, 0, width, height), sizes), shares, strict=True), 1):
        county = Spot(f"{CODE}{number:02}", COUNTIES[number - 1], *_middle(box))
        land.counties.append(county)
        _settle_county(land, random, names, county, box, share)
    _settle_grids(land, random, names)
    return land


def spread(random: Random, total: int, weights: Sequence[float], least: int) -> list[int]:
    """`total` in whole parts of at least `least`, about in proportion to `weights`, each a little more or less."""
    uneven = [weight * random.uniform(0.8, 1.2) for weight in weights]
    rest = total - least * len(weights)
    scale = rest / sum(uneven)
    parts = [least + int(weight * scale) for weight in uneven]
    for lucky in random.sample(range(len(parts)), total - sum(parts)):
        parts[lucky] += 1
    return parts


def _villages_of(random: Random, county: int) -> list[tuple[bool, int]]:
    """For each township of a county: is it town, and how many villages or communities has it."""
    parts = spread(random, VILLAGES[county], [1.0] * TOWNSHIPS[county], 8)
    return [(number < STREETS[county], count) for number, count in enumerate(parts)]


def _settle_county(
    land: Land, random: Random, names: Names, county: Spot, box: Box, share: Sequence[tuple[bool, int]]
) -> None:
    boxes = _split(box, [_KM2[urban] * count for urban, count in share])
    for number, (patch, (urban, count)) in enumerate(zip(boxes, share, strict=True), 1):
        code = f"{county.code}{number:03}"
        township = Spot(code, names.township(urban=urban), *_middle(patch), urban=urban)
        land.townships.append(township)
        cells = _split(patch, [1.0] * count)
        makers = _communities(random, names, count) if urban else _villages(names, count)
        first = 1 if urban else 200  # in statistical codes villages begin at 200
        for place, (cell, (name, aliases)) in enumerate(zip(cells, makers, strict=True), first):
            land.villages.append(Spot(f"{code}{place:03}", name, *_near_middle(random, cell), aliases, urban))


def _villages(names: Names, count: int) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, (f"{name[:-1]}小学",)) for name in names.villages(count)]


def _communities(random: Random, names: Names, count: int) -> list[tuple[str, tuple[str, ...]]]:
    """Names and aliases of a township's communities: every road runs through three to six neighbouring ones."""
    roads: list[list[str]] = [[] for _ in range(count)]
    for road in [names.road() for _ in range(max(2, count // 3))] + random.sample(COMMON_ROADS, 2):
        begin = random.randrange(count)
        for number in range(begin, min(count, begin + random.randint(3, 6))):
            roads[number].append(road)
    listed = names.communities(count)
    return [(name, (*roads[n], f"{name[:-2]}市场", f"{name[:-2]}小学")) for n, name in enumerate(listed)]


def _settle_grids(land: Land, random: Random, names: Names) -> None:
    counts = spread(random, GRIDS, [_GRID_SHARE[v.urban] for v in land.villages], 1)
    for village, count in zip(land.villages, counts, strict=True):
        radius = 0.35 * math.sqrt(_KM2[village.urban])
        turn = random.random()
        for number in range(1, count + 1):
            angle = 2 * math.pi * (turn + number / count)
            distance = radius * random.uniform(0.5, 1.0)
            x, y = village.x + distance * math.cos(angle), village.y + distance * math.sin(angle)
            estates = (names.estate(),) if village.urban and random.random() < 0.4 else ()
            name = f"{village.name}第{number}网格"
            land.grids.append(Spot(f"{village.code}{number:03}", name, x, y, estates, village.urban))
    for grid, count in zip(land.grids, spread(random, MICRO_GRIDS, [1.0] * GRIDS, 2), strict=True):
        for number in range(1, count + 1):
            x, y = grid.x + random.uniform(-0.05, 0.05), grid.y + random.uniform(-0.05, 0.05)
            land.micro_grids.append(Spot(f"{grid.code}{number:02}", f"微网格{number}", x, y))


def _split(box: Box, weights: Sequence[float]) -> list[Box]:
    """The box cut into as many as there are weights, in rows, each with its share of the ground."""
    rows = max(1, round(math.sqrt(len(weights) * box.height / box.width)))
    cuts = [round(len(weights) * row / rows) for row in range(rows + 1)]
    total, y, boxes = sum(weights), box.y, []
    for begin, end in pairwise(cuts):
        row = weights[begin:end]
        height, x = box.height * sum(row) / total, box.x
        for weight in row:
            width = box.width * weight / sum(row)
            boxes.append(Box(x, y, width, height))
            x += width
        y += height
    return boxes


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def _near_middle(random: Random, box: Box) -> tuple[float, float]:
    x, y = _middle(box)
    return x + box.width * random.uniform(-0.2, 0.2), y + box.height * random.uniform(-0.2, 0.2)
