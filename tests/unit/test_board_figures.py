"""The board's parts without a board: the map, bounds of queries, addresses, words."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from streams.board import changes, incident, statements
from streams.board.hub import local_path
from streams.board.land import land_of
from streams.board.listing import LISTINGS, asked
from streams.board.names import Names, Place, part_of
from streams.board.view import span
from streams.board.words import WORDS
from streams.city.city import City
from streams.core.handover import Reason
from streams.core.order_update import STEPS
from streams.flow.dead_letters import REASONS


@pytest.fixture(scope="module")
def names(demo_city: City) -> Names:
    below: defaultdict[str, list[Place]] = defaultdict(list)
    places = {a.code: Place(a.code, a.name, a.level, a.parent, a.lon, a.lat) for a in demo_city.areas.values()
              if a.level != "micro"}  # fmt: skip
    for place in places.values():
        below[place.parent].append(place)
    return Names(places, {}, {}, dict(below))


@pytest.mark.parametrize("code", ["990100000000", "990101000000", "990101001000", "990101001001"])
def test_the_map_has_every_area_and_each_name_in_its_land(names: Names, code: str) -> None:
    land = land_of(code, names)
    assert [region.code for region in land.regions] == [place.code for place in names.below[code]]
    if code == names.city:
        cells = {cell[0] for region in land.regions for cell in region.cells}
        assert cells == {place.code for place in names.areas.values() if place.level == "township"}
    for region in land.regions:
        corners = [tuple(map(float, pair)) for _, _, path in region.cells
                   for pair in re.findall(r"(-?\d+) (-?\d+)", path)]  # fmt: skip
        assert min(x for x, _ in corners) <= region.x <= max(x for x, _ in corners)
        assert min(y for _, y in corners) <= region.y <= max(y for _, y in corners)
        assert all(-1 <= x <= 1001 and -1 <= y <= land.height + 1 for x, y in corners)


def test_a_map_of_one_and_of_none(names: Names) -> None:
    lone = Place("1", "独村", "village", "0", 114.0, 33.0)
    assert len(land_of("0", Names({}, {}, {}, {"0": [lone]})).regions) == 1
    assert land_of("0", Names({}, {}, {}, {})).regions == ()
    twins = [lone, Place("2", "同处", "village", "0", 114.0, 33.0)]
    assert len(land_of("0", Names({}, {}, {}, {"0": twins})).regions) == 2


#: Statements that name areas in no row of theirs, or are filtered by their codes afterwards.
UNBOUND = {"WARNINGS", "_WARNINGS", "_MIGRATIONS", "_CITY", "REPORTS", "ORDERS", "STEPS", "HAND_OVERS"}


def test_every_statement_is_bound_to_an_area() -> None:
    """Those on one incident come after the incident was read with its bound."""
    texts = [((module.__name__, name), text) for module in (statements, changes, incident)
             for name, text in vars(module).items() if isinstance(text, str)]  # fmt: skip
    found = {key: text for key, text in texts if text.lstrip().startswith("SELECT")}
    assert len(found) > 10
    assert {name for (_, name), sql in found.items() if "{area:String}" not in sql} == UNBOUND
    for kind in LISTINGS:
        wanted = asked(kind, "990101", {})
        assert "startsWith(area, {area:String})" in wanted.rows_sql
        assert "startsWith(area, {area:String})" in wanted.count_sql


def test_an_address_cannot_bring_sql() -> None:
    evil = "x' OR 1=1 --"
    wanted = asked("orders", "990101", {"unit": evil, "state": "open"})
    assert evil not in wanted.rows_sql
    assert wanted.params["unit"] == evil
    for query in ({"state": evil}, {"offset": evil}):
        with pytest.raises(ValueError, match=r"no state|invalid literal"):
            asked("orders", "990101", query)


@pytest.mark.parametrize(
    ("asked_for", "to"),
    [("/orders?a=1", "/orders?a=1"), ("//evil", "/"), ("https://evil", "/"), ("/\\evil", "/"), ("", "/"),
     ("/a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x")],
)  # fmt: skip
def test_only_our_own_pages_are_led_to(asked_for: str, to: str) -> None:
    assert local_path(asked_for) == to


def test_a_part_is_never_deeper_than_what_is_known() -> None:
    assert part_of("990101001001003", "township") == "990101001000"
    assert part_of("990101000000", "township") == "990101000000"
    assert part_of("", "township") == ""


def test_lengths_of_time() -> None:
    assert [span("zh", s) for s in (0, 59, 3_661, -90_000)] == ["0秒", "59秒", "1时1分", "1天1时"]
    assert span("en", 3_661) == "1 h 1 min"


def test_every_word_that_data_bring_has_its_chinese() -> None:
    from streams.board.words import REASONS as CHINESE

    assert {step for step in STEPS if step not in WORDS["zh"]} == set()
    assert {one for one in (*Reason.__args__, *REASONS) if one not in CHINESE} <= {"bad_row"}
