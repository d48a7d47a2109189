"""Placing agrees with a slow and simple way of doing the same."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.area import Area, significant
from streams.core.gazetteer import Gazetteer
from streams.core.nearest import Nearest

LON, LAT = st.floats(114.0, 114.2), st.floats(33.0, 33.2)
POINTS = st.lists(st.tuples(LON, LAT), min_size=1, max_size=60)
CROWDED = st.lists(st.tuples(st.floats(114.1, 114.105), st.floats(33.1, 33.105)), min_size=10, max_size=60)


def distance(lon: float, lat: float, other: tuple[float, float], narrowing: float) -> float:
    return math.hypot((lon - other[0]) * narrowing, lat - other[1])


@settings(deadline=None)
@given(points=POINTS | CROWDED, asked=st.lists(st.tuples(LON, LAT), min_size=1, max_size=20), reach=st.floats(0.2, 5.0))
def test_the_nearest_is_what_looking_at_all_points_finds(
    points: list[tuple[float, float]], asked: list[tuple[float, float]], reach: float
) -> None:
    index = Nearest([(lon, lat, str(number)) for number, (lon, lat) in enumerate(points)], reach)
    narrowing = math.cos(math.radians(sum(lat for _, lat in points) / len(points)))
    for lon, lat in [*asked, *((x + 0.001, y - 0.001) for x, y in points)]:
        nearest = min(distance(lon, lat, point, narrowing) for point in points)
        found = index.find(lon, lat)
        if found is None:
            assert nearest > reach / 111.32 - 1e-9
        else:
            assert distance(lon, lat, points[int(found)], narrowing) <= nearest + 1e-9


NAMES = st.sampled_from(["柳桥", "柳桥村", "桥东", "东柳", "东柳桥", "建设路", "新建设路"])
CITY = "990100000000"
STEMS = st.sampled_from(
    ["990101", "990102", "990101001", "990101002", "990102001", "990101001001", "990101001002", "990102001001"]
)


def area(stem: str, names: tuple[str, ...]) -> Area:
    level = {6: "county", 9: "township", 12: "village"}[len(stem)]
    return Area(stem.ljust(12, "0"), names[0], level, "", aliases=names[1:])  # type: ignore[arg-type]  # from the table


@settings(deadline=None)
@given(
    named=st.dictionaries(STEMS, st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple), min_size=1),
    address=st.lists(NAMES | st.sampled_from(["路", "柳", "x"]), max_size=4).map("".join),
)
def test_an_address_without_doubt_is_read_the_same_quickly_and_by_weighing(
    named: dict[str, tuple[str, ...]], address: str
) -> None:
    gazetteer = Gazetteer(area(stem, names) for stem, names in named.items())
    found = gazetteer.find(address)
    assert found == gazetteer.find(address, CITY)  # with an area that is known, all is weighed
    assert (found is None) == all(name not in address for names in named.values() for name in names)


@given(named=st.dictionaries(STEMS, st.just(("东柳村",)), min_size=2))
def test_a_name_of_several_areas_is_settled_above_them_all(named: dict[str, tuple[str, ...]]) -> None:
    gazetteer = Gazetteer(area(stem, names) for stem, names in named.items())
    found = gazetteer.find("东柳村")
    assert found is not None
    above = significant(found.area) if found.area else ""
    if found.ambiguous:
        assert all(stem.startswith(above) or above.startswith(stem) for stem in named)
    else:
        assert all(above.startswith(stem) for stem in named)
