"""A sound city folder: what is read from it, and which of several dated rows count."""

from datetime import date
from pathlib import Path

import pytest

from streams.city.calendar import LAST_YEAR
from streams.city.example import new_city
from streams.city.load import check_city, load_city
from streams.core.area import Area
from streams.core.unit import Unit
from streams.errors import SanwangError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "city"
    new_city(made)
    return made


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_example_city_passes_the_check(folder: Path) -> None:
    assert check_city(folder) == []
    city = load_city(folder)
    assert [
        sum(area.level == level for area in city.areas.values()) for level in ("county", "township", "village")
    ] == [1, 2, 6]
    assert (city.name, city.code, city.version, city.bounds) == (
        "示例市",
        "990200000000",
        "2026-01",
        (114.0, 33.0, 114.6, 33.4),
    )
    assert city.catalogue.version == "2026-01"
    assert [rule.name for rule in city.rules] == ["纠纷激化公安先到", "夜间噪声巡防先到"]
    assert city.workers["W0001"] == "990201001001001"


def test_a_new_city_never_overwrites(folder: Path) -> None:
    with pytest.raises(SanwangError, match="not an empty folder"):
        new_city(folder)


def test_rows_become_values(folder: Path) -> None:
    city = load_city(folder)
    aliases = ("建设路", "文汇市场")
    expected = Area("990201001001", "文汇社区", "village", "990201001000", 114.28, 33.2, aliases)
    assert city.areas["990201001001"] == expected
    assert city.units["P1"] == Unit(
        "P1", "城关派出所", "police", "派出所", "990201001000", "24h", "POL", 114.282, 33.202, "110"
    )
    item = city.catalogue.items["01001"]
    assert (item.assist, item.window_s, item.life_safety) == (("妇女联合会", "村(社区)", "派出所"), 7 * 86_400, False)
    assert set(city.catalogue.codes) == {"hotline", "police", "grid"}


@pytest.mark.parametrize(
    ("day", "names"), [("2026-01-01", ["旧", ""]), ("2026-03-31", ["旧", ""]), ("2026-04-01", ["", "新"])]
)
def test_of_dated_rows_those_in_force_on_the_day_count(folder: Path, day: str, names: list[str]) -> None:
    replace(folder / "city.toml", "day = 2026-01-01", f"day = {day}")
    with (folder / "areas.csv").open("a", encoding="utf-8") as file:
        file.write("990201002203,旧,,,,,2026-03-31\n990201002203,新,,,,2026-04-01,\n")
    assert load_city(folder).areas["990201002203"].name in names


def test_a_row_that_has_ended_is_not_there(folder: Path) -> None:
    assert "990201002201003" in load_city(folder).areas
    replace(folder / "city.toml", "day = 2026-01-01", 'day = "2026-07-01"')
    assert "990201002201003" not in load_city(folder).areas


def test_an_item_that_has_ended_stays_for_the_reports_that_have_it(folder: Path) -> None:
    with (folder / "catalogue.csv").open("a", encoding="utf-8") as file:
        file.write("55009,临时事项,55,政务服务与其他,公共服务,社会治理指挥中心,,4,7wd,placeholder,12345,N,7d,100,N,,")
        file.write("2025-01-01,2025-06-30\n")
    assert load_city(folder).catalogue.items["55009"].valid_to == "2025-06-30"


def test_a_file_that_a_spreadsheet_saved_is_read(folder: Path) -> None:
    for name in ("areas.csv", "units.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        rows = [line for line in text.splitlines() if not line.startswith("#")]
        (folder / name).write_bytes("\r\n".join(["﻿" + rows[0], *rows[1:], ""]).encode())
    assert check_city(folder) == []


def test_sectors_that_assist_without_a_unit_are_noted(folder: Path) -> None:
    assert any("气象局" in note for note in load_city(folder).notes)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 10), True),  # a Saturday worked instead
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 4, 20), False),  # the city's own
        (date(2026, 4, 25), True),
        (date(LAST_YEAR + 1, 1, 1), date(LAST_YEAR + 1, 1, 1).weekday() < 5),  # past what is known: weekends
        (date(LAST_YEAR + 1, 1, 5), False),  # holidays.csv
    ],
)
def test_working_days(folder: Path, day: date, works: bool) -> None:  # noqa: FBT001 - a column of the table
    with (folder / "holidays.csv").open("a", encoding="utf-8") as file:
        file.write(f"{LAST_YEAR + 1}-01-05,holiday,补充\n")
    city = load_city(folder)
    assert city.is_workday(day) is works
    assert any(str(LAST_YEAR) in note for note in city.notes)
