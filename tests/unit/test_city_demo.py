"""The demo city: the sizes of the real places, a unit for every sector, and places that can be found."""

import filecmp
import math
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from streams.city.city import City
from streams.city.demo import write_demo_city
from streams.city.demo_units import institutions
from streams.city.load import load_city
from streams.core.directory import Directory
from streams.core.places import Places

SEED = 7
KM_PER_DEGREE = 111.32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "city"
    write_demo_city(made, SEED)
    return made


@pytest.fixture(scope="module")
def city(folder: Path) -> City:
    return load_city(folder)


def test_the_sizes_are_those_of_the_sources(city: City) -> None:
    levels = Counter(area.level for area in city.areas.values())
    assert levels == {"city": 1, "county": 10, "township": 200, "village": 5_000, "grid": 14_738, "micro": 100_622}
    assert len(city.workers) == 19_361
    assert set(city.workers.values()) == {code for code, area in city.areas.items() if area.level == "grid"}


def test_the_institutions_are_those_of_the_sources(city: City) -> None:
    assert sum(body.kind != "utility" for body in institutions()) == 89
    units = city.units.values()
    patrols = Counter(unit.code.count("N") + unit.code.count("C") for unit in units if unit.kind == "patrol")
    assert patrols == {0: 4, 1: 256, 2: 1_026}
    bodies = [unit for unit in units if unit.kind == "mediation"]
    ladder = Counter(city.areas[unit.territory].level for unit in bodies)
    assert ladder == {"city": 6, "county": 1, "township": 26, "village": 553}
    assert len({unit.sector for unit in bodies if unit.territory == city.code}) == 6
    assert sum(unit.kind == "command" for unit in units) == 11


def test_every_sector_of_the_catalogue_has_a_unit_for_the_whole_city(city: City) -> None:
    directory = Directory(city.units.values())
    items = city.catalogue.items.values()
    for sector in {item.lead for item in items} | {sector for item in items for sector in item.assist}:
        assert directory.find(sector, (city.code,)) is not None, sector


def test_no_unit_has_the_sector_and_territory_of_another(city: City) -> None:
    taken = Counter((unit.sector, area) for unit in city.units.values() for area in unit.territories)
    assert [twice for twice, count in taken.items() if count > 1] == []


def test_the_patrol_districts_share_the_inner_county_and_its_nets(city: City) -> None:
    districts = {unit.code: unit for unit in city.units.values() if unit.kind == "patrol" and len(unit.code) == 8}
    covered = sorted(area for unit in districts.values() for area in unit.territories)
    townships = [area.code for area in city.areas.values() if area.parent == "990101000000"]
    assert covered == sorted(townships)
    nets = [unit for unit in city.units.values() if unit.parent in districts]
    assert Counter(unit.parent for unit in nets) == dict.fromkeys(districts, 64)
    assert all(f"{net.territory[:9]}000" in districts[net.parent].territories for net in nets)


def test_villages_lie_apart_and_grids_close_by(city: City) -> None:
    def apart(a: str, b: str) -> float:
        first, second = city.areas[a], city.areas[b]
        narrowing = math.cos(math.radians(first.lat or 0.0))
        return math.hypot((first.lon - second.lon) * narrowing, first.lat - second.lat) * KM_PER_DEGREE

    country = [code for code in city.areas if code.startswith("990109010") and city.areas[code].level == "village"]
    town = [code for code in city.areas if code.startswith("990101002") and city.areas[code].level == "village"]
    for villages, low, high in ((country, 0.8, 2.0), (town, 0.2, 0.5)):
        nearest = [min(apart(one, other) for other in villages if other != one) for one in villages]
        assert low < sum(nearest) / len(nearest) < high
    for code, area in city.areas.items():
        if area.level == "grid":
            assert apart(code, area.parent) < 0.6


def test_counties_are_patches(city: City) -> None:
    """Each village's nearest village is nearly always of the same county."""
    places = Places(area for area in city.areas.values() if area.level != "grid")
    villages = [area for area in city.areas.values() if area.level == "village"]
    found = [places.locate("", area.lon + 0.002, area.lat, "").area for area in villages if area.lon and area.lat]
    same = sum(area.code[:6] == code[:6] for area, code in zip(villages, found, strict=True))
    assert same / len(villages) > 0.97


def test_addresses_with_township_and_village_or_alias_are_found(city: City) -> None:
    places = Places(city.areas.values())
    villages = [area for area in city.areas.values() if area.level == "village"][::7]
    for village in villages:
        township = city.areas[village.parent].name
        for name in (village.name, village.aliases[-1]):
            placed = places.locate("", None, None, f"{city.name}{township}{name}12号")
            assert (placed.area, placed.ambiguous) == (village.code, False)


def test_the_same_seed_writes_the_same_city_and_another_seed_another(folder: Path, tmp_path: Path) -> None:
    write_demo_city(tmp_path / "again", SEED)
    write_demo_city(tmp_path / "other", SEED + 1)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.is_file()]
    assert filecmp.cmpfiles(folder, tmp_path / "again", files, shallow=False)[0] == files
    changed = filecmp.cmpfiles(folder, tmp_path / "other", files, shallow=False)[1]
    assert {"areas.csv", "units.csv", "workers.csv", "city.toml"} == set(changed)


def test_it_is_written_and_loaded_in_seconds(tmp_path: Path) -> None:
    """Processor time, since other work may run beside the tests."""
    begin = time.process_time()
    write_demo_city(tmp_path / "city", SEED)
    written = time.process_time()
    load_city(tmp_path / "city")
    assert written - begin < 3.0
    assert time.process_time() - written < 3.0


def test_a_process_that_holds_it_stays_below_300_megabytes(folder: Path) -> None:
    program = (
        "import psutil, sys; from pathlib import Path; from streams.city.load import load_city;"
        "city = load_city(Path(sys.argv[1])); print(psutil.Process().memory_info().rss // 1024)"
    )
    told = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 300 * 1024
