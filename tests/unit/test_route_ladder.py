"""What a router needs from its city, and what it does without: nothing is ever unowned, nothing ever fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import product

import pytest
from msgspec.structs import replace

from streams.core import remember
from streams.core.area import lineage
from streams.core.catalogue import OTHER, Catalogue
from streams.core.deadline import DeadlineError
from streams.core.directory import Directory
from streams.core.route import Matter, Router
from streams.core.unit import Unit
from streams.errors import SanwangError
from tests.support import small_city
from tests.support.small_city import CITY, E1, E1V1, EAST, GRID, W1V1, WEST, is_workday

NOW = 1_773_633_600_000  # 2026-03-16 12:00 in Shanghai


def build(catalogue: Catalogue | None = None, units: dict[str, Unit] | None = None) -> Router:
    return Router(catalogue or small_city.catalogue(), units or small_city.units(), small_city.areas(), (), is_workday)


def test_a_city_without_a_command_centre_is_refused() -> None:
    units = {code: unit for code, unit in small_city.units().items() if unit.kind != "command"}
    with pytest.raises(SanwangError, match="no unit of kind command covers 419900000000"):
        build(units=units)


def test_a_city_whose_only_command_centre_is_a_countys_is_refused() -> None:
    units = {code: unit for code, unit in small_city.units().items() if code != "C-ZH"}
    with pytest.raises(SanwangError, match="no unit of kind command"):
        build(units=units)


def test_a_catalogue_without_the_item_other_is_refused() -> None:
    catalogue = small_city.catalogue()
    items = {code: item for code, item in catalogue.items.items() if code != OTHER}
    with pytest.raises(SanwangError, match="no item 55005"):
        build(Catalogue("x", items, {}))


def test_a_bad_time_limit_is_found_when_the_router_is_built() -> None:
    items = dict(small_city.catalogue().items)
    items["33001"] = replace(items["33001"], limit="4 hours")
    with pytest.raises(DeadlineError, match="'4 hours' is no time limit"):
        build(Catalogue("x", items, {}))


def test_areas_without_a_city_are_refused() -> None:
    areas = {code: area for code, area in small_city.areas().items() if area.level != "city"}
    with pytest.raises(SanwangError, match="none of level city"):
        Router(small_city.catalogue(), small_city.units(), areas, (), is_workday)


@pytest.mark.parametrize("with_rules", [False, True])
def test_every_item_has_an_owner_everywhere(*, with_rules: bool) -> None:
    units = small_city.units()
    rules = small_city.rules() if with_rules else ()
    router = Router(small_city.catalogue(), units, small_city.areas(), rules, is_workday)
    for item, area, urgency, feed in product(
        small_city.catalogue().items, (CITY, W1V1, GRID, E1), (1, 4), ("hotline", "police", "grid")
    ):
        route = router.route(Matter(item, area, urgency, feed, NOW))
        assert route.lead in units
        assert set(route.assists) <= units.keys() - {route.lead}
        assert len(set(route.assists)) == len(route.assists) <= 4
        assert route.due_at > NOW


def test_a_lone_command_centre_takes_everything() -> None:
    lone = {"Z": Unit("Z", "指挥中心", "command", "社会治理指挥中心", CITY)}
    router = build(units=lone)
    for item in small_city.catalogue().items:
        route = router.route(Matter(item, E1V1, 3, "grid", NOW))
        assert (route.lead, route.assists) == ("Z", ())


def test_odd_input_is_routed_all_the_same() -> None:
    router = small_city.router()
    for item, area, urgency, feed in product(("", "0", "33001"), ("", "x", "4199", "9" * 17), (0, 9), ("", "fax")):
        assert router.route(Matter(item, area, urgency, feed, NOW)).lead


def test_the_due_time_is_the_items_own() -> None:
    router = small_city.router()
    assert router.route(Matter("22001", E1V1, 1, "police", NOW)).due_at == NOW + 10 * 60_000
    assert router.route(Matter("33002", E1V1, 4, "grid", NOW)).due_at == NOW + 2 * 86_400_000  # working days, at noon


def test_a_remembered_choice_is_the_same_and_gets_its_own_due_time() -> None:
    router = small_city.router()
    first, again = (router.route(Matter("33001", E1V1, 4, "hotline", NOW + delay)) for delay in (0, 60_000))
    assert (again.lead, again.assists, again.rule) == (first.lead, first.assists, first.rule)
    assert again.due_at == first.due_at + 60_000


def test_memory_is_bounded_and_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    matters = [(item, area, 3, "grid", NOW) for item, area in product(small_city.catalogue().items, (E1V1, W1V1))]
    unbounded = [small_city.router().route(Matter(*matter)) for matter in matters[:80]]
    monkeypatch.setattr(remember, "MOST", 10)
    router = small_city.router()
    for matter, expected in zip(matters[:80] * 2, unbounded * 2, strict=True):
        assert router.route(Matter(*matter)) == expected
        found = router._chooser._directory._found
        assert max(map(len, (router._grounds, router._rules, router._choices, found))) <= 10


@dataclass
class CountingCalendar:
    asked: int = 0

    def __call__(self, day: date) -> bool:
        self.asked += 1
        return day.weekday() < 5


def test_the_calendar_is_asked_once_a_day_for_rules_about_days() -> None:
    calendar = CountingCalendar()
    rules = tuple(rule for rule in small_city.rules() if rule.name == "非工作时间道路险情看守")
    router = Router(small_city.catalogue(), small_city.units(), small_city.areas(), rules, calendar)
    for minute in range(60):
        # a clock limit: the due time asks no calendar
        router.route(Matter("38002", E1V1, 2, "hotline", NOW + minute * 60_000))
    assert calendar.asked == 1


@pytest.mark.parametrize(
    ("sector", "area", "unit"),
    [
        ("公安局", E1V1, "E1-PCS"),
        ("派出所", EAST, "E-GA"),
        ("派出所", CITY, "C-GA"),
        ("交警支队", WEST, "C-JJ"),
        ("城市管理局(环卫)", EAST, "E-HW"),
        ("城市管理局(照明)", EAST, "E-CG"),
        ("城市管理局(环卫)", WEST, "W-CG"),
        ("120急救", E1V1, "C-JZ"),
        ("乡镇(街道)", E1V1, "E1-ZF"),
        ("属地乡镇", EAST, "E-ZF"),
        ("村", E1V1, "E1V1-CW"),
        ("村(社区)", E1, None),
        ("司法局(人民调解)", GRID, "E1V1-TJ"),
        ("司法局(医疗调解)", E1V1, "E-TYL"),
        ("司法局(专业调解)", E1V1, "E1V1-TJ"),
        ("司法局(医疗调解)", W1V1, "W-SF"),
        ("司法局", E1V1, "E-SF"),
        ("巡防", E1, "E1-XL"),
        ("巡防", W1V1, "W1-PCS"),
        ("社会治理指挥中心", E1V1, "E-ZH"),
        ("社会治理指挥中心", W1V1, "C-ZH"),
        ("物业", E1V1, None),
    ],
)
def test_whom_the_directory_finds(sector: str, area: str, unit: str | None) -> None:
    directory = Directory(small_city.units().values())
    found = directory.find(sector, lineage(area))
    assert (found.code if found else None) == unit


def test_a_branch_answers_for_an_office_that_has_nothing_else() -> None:
    branch = Unit("B", "照明中心", "department", "城市管理局(照明)", EAST)
    assert Directory([branch]).find("城管局", lineage(E1V1)) == branch


def test_of_two_equal_units_the_lower_code_is_taken() -> None:
    two = [Unit(code, code, "patrol", "巡防", E1) for code in ("X2", "X1")]
    found = Directory(two).find("巡防", lineage(E1V1))
    assert found is not None
    assert found.code == "X1"
