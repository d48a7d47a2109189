"""The units of the demo city: institutions, utilities, police, patrols, mediation, committees, grids."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from streams.city.demo_land import CODE, Land, Spot
from streams.core.sectors import COMMAND, MEDIATION, PATROL
from streams.core.unit import Kind, Unit

_INSTITUTIONS = Path(__file__).parent / "demo_data" / "institutions.csv"
_PATROL_COUNTY = f"{CODE}01"
_MEDIATION_COUNTY = f"{CODE}03"  # 1 centre, 26 rooms in townships, 553 stations in villages
_PATROL_DISTRICTS, _PATROL_NETS, _PATROL_CELLS = 4, 256, 1_026
# disputes that have a mediation body of their own
_SPECIAL = ("医疗", "交通事故", "劳动争议", "环境", "婚姻家庭", "土地")
GOVERNMENT, TOWNSHIP, STATION, COMMITTEE, GRID = "人民政府", "街道(乡镇)", "派出所", "村(社区)", "网格员"


class Institution(Struct, frozen=True):
    """A row of demo_data/institutions.csv."""

    title: str
    sector: str
    kind: Kind
    hours: str
    channel: str
    county_title: str


def institutions() -> list[Institution]:
    """The city's departments and utilities."""
    with _INSTITUTIONS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return msgspec.convert(list(rows), list[Institution])


def all_units(land: Land) -> Iterator[Unit]:
    """Every unit, those above before those below."""
    yield Unit(f"{CODE}G", f"{land.city.name}人民政府", "government", GOVERNMENT, land.city.padded, "work")
    yield Unit(f"{CODE}Z", f"{land.city.name}{COMMAND}", "command", COMMAND, land.city.padded, parent=f"{CODE}G")
    for county in land.counties:
        name, area, code = county.name, county.padded, county.code
        yield Unit(f"{code}G", f"{name}人民政府", "government", GOVERNMENT, area, "work", f"{CODE}G")
        yield Unit(f"{code}Z", f"{name}{COMMAND}", "command", COMMAND, area, parent=f"{CODE}Z")
    yield from _institutions(land)
    yield from _below_counties(land)
    yield from _patrols(land)
    yield from _mediation(land)


def _institutions(land: Land) -> Iterator[Unit]:
    for number, body in enumerate(institutions(), 1):
        above = f"{CODE}D{number:03}"
        name = f"{land.city.name}{body.title}"
        yield Unit(
            above, name, body.kind, body.sector, land.city.padded, body.hours, f"{CODE}G", channel=body.channel
        )  # fmt: skip
        for county in land.counties if body.county_title else ():
            if body.sector == MEDIATION and county.code == _MEDIATION_COUNTY:
                continue  # its mediation centre has this part
            yield Unit(
                f"{county.code}D{number:03}", county.name + body.county_title, body.kind, body.sector, county.padded,
                body.hours, above, channel=body.channel,
            )  # fmt: skip


def _below_counties(land: Land) -> Iterator[Unit]:
    police = {unit.territory: unit.code for unit in _institutions(land) if unit.sector == "公安局"}
    for spot in land.townships:
        county, lon_lat = spot.code[:6], _rounded(land, spot)
        name = f"{spot.name}{'办事处' if spot.urban else '人民政府'}"
        yield Unit(f"{spot.code}G", name, "government", TOWNSHIP, spot.padded, "work", f"{county}G", *lon_lat)
        station = f"{spot.name}派出所"
        above = police[county.ljust(12, "0")]
        yield Unit(f"{spot.code}P", station, "police", STATION, spot.padded, "24h", above, *lon_lat, "110")
    for spot in land.villages:
        name = f"{spot.name}{'居民委员会' if spot.urban else '村民委员会'}".replace("村村", "村")
        above, lon_lat = f"{spot.code[:9]}G", _rounded(land, spot)
        yield Unit(f"{spot.code}V", name, "committee", COMMITTEE, spot.padded, "24h", above, *lon_lat, "grid")
    for spot in land.grids:
        above = f"{spot.code[:12]}V"
        yield Unit(f"{spot.code}W", spot.name, "grid", GRID, spot.padded, "24h", above, channel="grid")


def _patrols(land: Land) -> Iterator[Unit]:
    """Districts of the inner county, each some of its townships; a net for a community, a cell for a grid of it."""
    county = next(spot for spot in land.counties if spot.code == _PATROL_COUNTY)
    townships = [spot.padded for spot in land.townships if spot.code.startswith(_PATROL_COUNTY)]
    district_of = {code[:9]: 1 + n * _PATROL_DISTRICTS // len(townships) for n, code in enumerate(townships)}
    for district in range(1, _PATROL_DISTRICTS + 1):
        code, name = f"{county.code}X{district}", f"{county.name}第{district}巡区"
        first, *also = [code for code in townships if district_of[code[:9]] == district]
        yield Unit(
            code, name, "patrol", PATROL, first, parent=f"{CODE}D001", channel="110", also=tuple(also)
        )  # fmt: skip
    grids = Counter(spot.code[:12] for spot in land.grids)
    cells_left = _PATROL_CELLS - 4 * _PATROL_NETS  # nets that have five cells instead of four
    patrolled: dict[str, tuple[str, int]] = {}
    for village in land.villages:
        district = district_of.get(village.code[:9], 0)
        if district and grids[village.code] >= 4 and len(patrolled) < district * _PATROL_NETS // _PATROL_DISTRICTS:
            extra = cells_left > 0 and grids[village.code] > 4
            cells_left -= extra
            net = f"{county.code}X{district}N{len(patrolled) + 1:03}"
            patrolled[village.code] = (net, 4 + extra)
            yield _patrol(land, village, net, f"{village.name}巡防网", net[:8])
    for grid in land.grids:
        net, cells = patrolled.get(grid.code[:12], ("", 0))
        if int(grid.code[12:]) <= cells:
            yield _patrol(land, grid, f"{net}C{grid.code[12:]}", f"{grid.name}巡防格", net)


def _patrol(land: Land, spot: Spot, code: str, name: str, above: str) -> Unit:
    return Unit(code, name, "patrol", PATROL, spot.padded, "24h", above, *_rounded(land, spot), "110")


def _mediation(land: Land) -> Iterator[Unit]:
    bureau = next(unit.code for unit in _institutions(land) if unit.sector == MEDIATION)
    for number, matter in enumerate(_SPECIAL, 1):
        name, sector = f"{land.city.name}{matter}调解委员会", f"司法局({matter}调解)"
        yield Unit(f"{CODE}M{number}", name, "mediation", sector, land.city.padded, "work", bureau)
    for spots, title in (
        (land.counties, "矛盾纠纷调解中心"),
        (land.townships, "矛盾纠纷调解室"),
        (land.villages, "矛盾纠纷调解站"),
    ):
        for spot in spots:
            if spot.code.startswith(_MEDIATION_COUNTY):
                above = bureau if spots is land.counties else f"{spot.code[:-3]}M"
                yield Unit(f"{spot.code}M", f"{spot.name}{title}", "mediation", MEDIATION, spot.padded, "work", above)


def _rounded(land: Land, spot: Spot) -> tuple[float, float]:
    lon, lat = land.degrees(spot)
    return round(lon, 6), round(lat, 6)
