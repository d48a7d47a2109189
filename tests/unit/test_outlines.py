"""Areas with an outline: a point belongs to the deepest that holds it, however near another's centre is."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.city.example import new_city
from streams.city.load import check_city, load_city
from streams.core.area import Area
from streams.core.outlines import Outlines
from streams.core.places import Places

CITY, COUNTY, TOWNSHIP = "990200000000", "990201000000", "990201001000"
WEST, EAST = "990201001001", "990201001002"
LEFT = ((114.20, 33.20), (114.25, 33.20), (114.25, 33.30), (114.20, 33.30))
ELL = ((114.25, 33.20), (114.40, 33.20), (114.40, 33.22), (114.30, 33.22), (114.30, 33.30), (114.25, 33.30))
AREAS = (
    Area(CITY, "示例市", "city", ""),
    Area(COUNTY, "河口县", "county", CITY, outline=((114.1, 33.1), (114.5, 33.1), (114.5, 33.5), (114.1, 33.5))),
    Area(TOWNSHIP, "城关街道", "township", COUNTY, 114.25, 33.25),
    Area(WEST, "西社区", "village", TOWNSHIP, 114.21, 33.25, outline=LEFT),
    Area(EAST, "东社区", "village", TOWNSHIP, 114.26, 33.25, outline=ELL),
    Area(EAST + "001", "东社区第1网格", "grid", EAST, 114.26, 33.25),
)


@pytest.mark.parametrize(("lon", "lat", "area"), [
    (114.24, 33.25, WEST),
    (114.26, 33.25, EAST),
    (114.39, 33.21, EAST),
    (114.39, 33.25, COUNTY),  # in the corner that the ell leaves out
    (114.05, 33.25, None),
])  # fmt: skip
def test_the_deepest_outline_that_holds_a_point(lon: float, lat: float, area: str | None) -> None:
    assert Outlines(AREAS).find(lon, lat) == area


@pytest.mark.parametrize(("lon", "lat", "area"), [
    (114.249, 33.25, WEST),  # the east's grid is nearer
    (114.262, 33.25, EAST + "001"),
    (114.39, 33.21, EAST),  # its grid is too far
    (114.39, 33.25, COUNTY),
])  # fmt: skip
def test_coordinates_are_placed_inside_the_outline(lon: float, lat: float, area: str) -> None:
    place = Places(AREAS).locate("", lon, lat, "")
    assert (place.area, place.by) == (area, "coordinates")


@pytest.mark.parametrize(("cell", "message", "at"), [
    ("114.25 33.20|114.26 33.20|114.26 33.21", "", 0),
    ("114.25 33.20|x 33.20|114.26 33.21", "'x 33.20' is no corner", 12),
    ("114.25 33.20|115.26 33.20|114.26 33.21", "outside the bounds", 12 + 1),
    ("114.25 33.20|114.26 33.20", "at least three corners", 0),
])  # fmt: skip
def test_outlines_of_a_city_folder(tmp_path: Path, cell: str, message: str, at: int) -> None:
    new_city(tmp_path / "city")
    file = tmp_path / "city" / "areas.csv"
    lines = file.read_text("utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if not line.startswith("#"))
    comments, head, rows = lines[:first], f"{lines[first]},outline", [f"{row}," if row[:1] != "#" else row
                                                                      for row in lines[first + 1 :]]  # fmt: skip
    target = next(n for n, row in enumerate(rows) if row.startswith(WEST + ","))
    begin = len(rows[target]) + 1
    rows[target] += cell
    file.write_text("\n".join([*comments, head, *rows]), encoding="utf-8")
    faults = check_city(tmp_path / "city")
    if not message:
        assert faults == []
        assert len(load_city(tmp_path / "city").areas[WEST].outline) == 3
        return
    assert message in faults[0].message
    assert (faults[0].line, faults[0].column) == (first + target + 2, begin + (13 if at else 0))
