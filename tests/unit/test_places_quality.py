"""Addresses as people write them, and the area each names: how often we are right, and how often wrong."""

import csv
from pathlib import Path

from streams.core.area import Area, ancestor, level_of, significant
from streams.core.places import Places

DATA = Path(__file__).parents[1] / "data"
LEVELS = ("city", "county", "township", "village", "grid")


def area_of(row: dict[str, str]) -> Area:
    level = level_of(row["code"])
    parent = "" if level == "city" else ancestor(row["code"], LEVELS[LEVELS.index(level) - 1])
    return Area(row["code"], row["name"], level, parent, aliases=tuple(filter(None, row["aliases"].split("|"))))


def placed() -> list[tuple[str, str, str]]:
    """Address, the area that it names, the area where we place it."""
    with (DATA / "places_city.csv").open(encoding="utf-8", newline="") as file:
        places = Places([area_of(row) for row in csv.DictReader(file)])
    with (DATA / "places.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(r["address"], r["area"], places.locate(r["code"], None, None, r["address"]).area) for r in rows]


def test_places_that_are_named_are_found_and_others_are_not_made_up() -> None:
    """Right: the very area. Wrong: an area that does not hold the right one; only these send somebody elsewhere."""
    told = placed()
    assert len(told) >= 80
    right = [one for one in told if one[1] == one[2]]
    wrong = [one for one in told if not one[1].startswith(significant(one[2]))]
    assert len(right) >= 0.88 * len(told), [one for one in told if one[1] != one[2]]
    assert len(wrong) <= 0.02 * len(told), wrong
