"""Where a report is: by code, coordinates, address text, and what is refused."""

import pytest

from streams.core.area import Area
from streams.core.event import Place
from streams.core.places import Places
from streams.errors import RefusedError

CITY, COUNTY, OTHER_COUNTY = "990100000000", "990101000000", "990102000000"
TOWN, COUNTRY, FAR_TOWN = "990101001000", "990101002000", "990102001000"
SQUARE, GREEN, WILLOW, FAR_WILLOW = "990101001001", "990101001002", "990101002200", "990102001200"
SQUARE_1, SQUARE_2, WILLOW_1, FAR_1 = f"{SQUARE}001", f"{SQUARE}002", f"{WILLOW}001", f"{FAR_WILLOW}001"
MICRO = f"{SQUARE_1}01"

AREAS = (
    Area(CITY, "云河市", "city", "", 114.3, 33.2),
    Area(COUNTY, "青澜区", "county", CITY, 114.2, 33.2),
    Area(OTHER_COUNTY, "双渚县", "county", CITY, 114.5, 33.2),
    Area(TOWN, "柳桥街道", "township", COUNTY, 114.2, 33.2),
    Area(COUNTRY, "枣林镇", "township", COUNTY, 114.25, 33.25),
    Area(FAR_TOWN, "荷湾镇", "township", OTHER_COUNTY, 114.5, 33.2),
    Area(SQUARE, "文汇社区", "village", TOWN, 114.2, 33.2, ("建设路", "文汇市场")),
    Area(GREEN, "翠园社区", "village", TOWN, 114.21, 33.2, ("建设路", "新建设路")),
    Area(WILLOW, "东柳村", "village", COUNTRY, 114.25, 33.25),
    Area(FAR_WILLOW, "东柳村", "village", FAR_TOWN, 114.5, 33.2, ("建设路",)),
    Area(SQUARE_1, "文汇社区第1网格", "grid", SQUARE, 114.199, 33.2, ("锦绣花园",)),
    Area(SQUARE_2, "文汇社区第2网格", "grid", SQUARE, 114.201, 33.2),
    Area(WILLOW_1, "东柳村第1网格", "grid", WILLOW, 114.25, 33.251),
    Area(FAR_1, "东柳村第1网格", "grid", FAR_WILLOW, 114.5, 33.2),
    Area(MICRO, "微网格1", "micro", SQUARE_1),
)
PLACES = Places(AREAS)


@pytest.mark.parametrize(
    ("code", "area"),
    [
        (SQUARE_1, SQUARE_1),
        (MICRO, MICRO),
        (f" {SQUARE_1}\t", SQUARE_1),  # sources pad
        (COUNTY, COUNTY),
        ("990101", COUNTY),  # and leave the zeros out
        ("990101002", COUNTRY),
        ("9901", CITY),
    ],
)
def test_a_known_code_places(code: str, area: str) -> None:
    assert PLACES.locate(code, None, None, "") == Place(area, "code")


@pytest.mark.parametrize(
    ("lon", "lat", "area"),
    [
        (114.1992, 33.2001, SQUARE_1),
        (114.2008, 33.1999, SQUARE_2),
        (114.25, 33.25, WILLOW_1),
        (114.21, 33.2, GREEN),  # a community without grids is found by its own centre
        (114.3, 33.25, COUNTY),  # 4.6 km from any grid: the county of the nearest township
        (114.45, 33.17, OTHER_COUNTY),
    ],
)
def test_coordinates_place_in_the_nearest_grid_or_the_county(lon: float, lat: float, area: str) -> None:
    assert PLACES.locate("", lon, lat, "") == Place(area, "coordinates", lon, lat)


@pytest.mark.parametrize(
    ("address", "area", "ambiguous"),
    [
        ("云河市青澜区柳桥街道文汇社区3号楼", SQUARE, False),
        ("锦绣花园5号楼2单元", SQUARE_1, False),
        ("文汇市场东门", SQUARE, False),
        ("双渚县东柳村村口", FAR_WILLOW, False),  # the county named decides between the two
        ("枣林镇东柳村", WILLOW, False),
        ("新建设路与文化路口", GREEN, False),  # not 建设路: the longest name counts
        ("柳桥街道建设路12号", TOWN, True),  # runs through two communities
        ("建设路锦绣花园", SQUARE_1, False),
        ("双渚县建设路", FAR_WILLOW, False),
        ("青澜区某处", COUNTY, False),
        ("东柳村", CITY, True),  # two villages of two counties
        ("柳桥街道到枣林镇之间", COUNTY, True),  # they disagree: the area above both
        ("荷湾镇文汇市场", CITY, True),
        ("新建设路锦绣花园", TOWN, True),
        ("东柳村锦绣花园", SQUARE_1, False),  # an estate that is in one place only says more than a name of several
    ],
)
def test_an_address_places_in_the_deepest_area_that_its_names_agree_on(
    address: str,
    area: str,
    ambiguous: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert PLACES.locate("", None, None, address) == Place(area, "address", ambiguous=ambiguous)


@pytest.mark.parametrize("address", ["", "云河市", "某地某处", "第1网格"])
def test_what_nothing_places_is_in_the_city(address: str) -> None:
    assert PLACES.locate("", None, None, address) == Place(CITY, "none")


def test_a_code_of_a_village_or_deeper_is_believed_over_coordinates() -> None:
    assert PLACES.locate(WILLOW, 114.1992, 33.2, "锦绣花园") == Place(WILLOW, "code", 114.1992, 33.2)


def test_coordinates_lead_deeper_only_inside_the_area_of_the_code() -> None:
    assert PLACES.locate(TOWN, 114.1992, 33.2, "") == Place(SQUARE_1, "coordinates", 114.1992, 33.2)
    assert PLACES.locate(COUNTRY, 114.1992, 33.2, "") == Place(COUNTRY, "code", 114.1992, 33.2)


def test_an_address_leads_deeper_only_inside_the_area_of_the_code() -> None:
    assert PLACES.locate("990102", None, None, "东柳村") == Place(FAR_WILLOW, "address")
    assert PLACES.locate("990102", None, None, "锦绣花园") == Place(OTHER_COUNTY, "code")
    assert PLACES.locate(TOWN, None, None, "建设路") == Place(TOWN, "address", ambiguous=True)


def test_an_unknown_code_falls_through_to_coordinates_and_address() -> None:
    assert PLACES.locate("990109", 114.1992, 33.2, "").area == SQUARE_1
    assert PLACES.locate("990109", None, None, "锦绣花园").area == SQUARE_1
    assert PLACES.locate("990109", None, None, "某处") == Place(CITY, "none")


def test_an_unknown_code_alone_is_refused() -> None:
    with pytest.raises(RefusedError, match="990109000000") as refused:
        PLACES.locate("990109000000", None, None, "")
    assert refused.value.reason == "unknown_area"


def test_a_refusal_does_not_repeat_what_may_be_a_telephone_number() -> None:
    with pytest.raises(RefusedError) as refused:
        PLACES.locate("13800000000", None, None, "")
    assert "1380" not in str(refused.value)


OUTSIDE = [(120.0, 33.2), (114.2, 0.0), (0.0, 0.0), (float("nan"), 33.2), (114.2, float("inf")), (33.2, 114.2)]


@pytest.mark.parametrize(("lon", "lat"), OUTSIDE)
def test_coordinates_outside_the_city_are_refused_when_nothing_else_places(lon: float, lat: float) -> None:
    with pytest.raises(RefusedError) as refused:
        PLACES.locate("", lon, lat, "某处")
    assert refused.value.reason == "outside_city"


@pytest.mark.parametrize(("lon", "lat"), OUTSIDE)
def test_coordinates_outside_the_city_are_dropped_when_something_else_places(lon: float, lat: float) -> None:
    assert PLACES.locate(SQUARE_1, lon, lat, "") == Place(SQUARE_1, "code")
    assert PLACES.locate("", lon, lat, "锦绣花园") == Place(SQUARE_1, "address")


def test_half_a_pair_of_coordinates_is_none() -> None:
    assert PLACES.locate("", 114.2, None, "锦绣花园") == Place(SQUARE_1, "address")


def test_coordinates_are_never_made_up() -> None:
    found = PLACES.locate(SQUARE_1, None, None, "")
    assert (found.lon, found.lat) == (None, None)
    assert PLACES.centre(SQUARE_1) == (114.199, 33.2)
    assert PLACES.centre(MICRO) is None
    assert PLACES.centre("nowhere") is None


def test_a_city_without_coordinates_places_by_code_and_address() -> None:
    places = Places((Area(CITY, "云河市", "city", ""), Area(COUNTY, "青澜区", "county", CITY)))
    assert places.locate("", 114.2, 33.2, "青澜区") == Place(COUNTY, "address", 114.2, 33.2)
    assert places.locate("", 114.2, 33.2, "") == Place(CITY, "none", 114.2, 33.2)


def test_an_endless_address_is_read_at_its_beginning_only() -> None:
    assert PLACES.locate("", None, None, "锦绣花园" + "东柳村" * 300_000) == Place(SQUARE_1, "address")
    assert PLACES.locate("", None, None, "某" * 1_000_000 + "锦绣花园") == Place(CITY, "none")


def test_there_is_exactly_one_city() -> None:
    with pytest.raises(ValueError, match="not 0"):
        Places(area for area in AREAS if area.level != "city")
