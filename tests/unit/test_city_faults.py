"""Broken city folders: every fault is told with its file, line and column, and with what would be right."""

from pathlib import Path

import pytest

from streams.city.example import new_city
from streams.city.faults import CityFaults, suggest
from streams.city.load import check_city, load_city

ENDING_GRID = "990201002201003,枣林村第3网格,114.366,33.246,,2026-01-01,2026-06-30\n"
UNIT = "T1,城关街道办事处,government,街道(乡镇),990201001000,work,GOV,12345,114.281,33.201,,\n"
RULE = '\n[[rule]]\nname = "再来"\n'

# What is broken: file, text, the text that takes its place (⟦ stands before the fault), message, suggestion.
# An empty text: the new one is added at the end of the file.
BROKEN = {
    "unknown kind": (
        "units.csv",
        ",committee,村(社区),990201001001",
        ",⟦comittee,村(社区),990201001001",
        "comittee",
        "committee",
    ),
    "unknown hours": ("units.csv", "990201001000,work,GOV", "990201001000,⟦day,GOV", "hours 'day'", "24h, work"),
    "unknown territory": (
        "units.csv",
        ",990201001003,",
        ",⟦990201001009,",
        "'990201001009' is unknown",
        "990201001003",
    ),
    "unknown further territory": (
        "units.csv",
        ",committee,村(社区),990201001001,",
        ",committee,村(社区),990201001001|⟦990201001008,",
        "'990201001008' is unknown",
        "990201001001",
    ),
    "no time limit": ("catalogue.csv", "物业服务企业,2,2h,", "物业服务企业,2,⟦2hr,", "'2hr' is no time limit", ""),
    "limit of years": ("catalogue.csv", "物业服务企业,2,2h,", "物业服务企业,2,⟦900wd,", "at most 262wd", ""),
    "word of one character": ("catalogue.csv", "水管爆*3|爆管*3|", "水管爆|⟦爆|", "'爆' has one character", ""),
    "no word": ("catalogue.csv", "水管爆*3|爆管*3|", "⟦水管爆+|爆管|", "'水管爆+' is no word", ""),
    "unknown parent": ("units.csv", "990201001000,work,JUS,", "990201001000,work,⟦JUZ,", "'JUZ' is unknown", "JUS"),
    "unit without sector": ("units.csv", ",patrol,巡防,", ",patrol,⟦,", "needs a name and a sector", ""),
    "item with no owner": (
        "catalogue.csv",
        "恋爱婚姻纠纷,01,婚恋家庭纠纷,矛盾纠纷,司法局(人民调解)",
        "恋爱婚姻纠纷,01,婚恋家庭纠纷,矛盾纠纷,⟦司发局",
        "item 01001 has no owner",
        "司法局",
    ),
    "item of another class": ("catalogue.csv", "赡养纠纷,01,", "赡养纠纷,⟦02,", "does not agree with 01003", "01"),
    "unknown item": ("codes/grid.csv", "", "NEW-1,⟦5500,made up\n", "item '5500' is unknown", "55005"),
    "area with no parent": (
        "areas.csv",
        "990201002202002,",
        "⟦990201009202002,",
        "no parent",
        "add a row for 990201009202",
    ),
    "no area code": ("areas.csv", "99020100100100101,", "⟦9902010010010011,", "no area code", "17 for a micro-grid"),
    "area without name": ("areas.csv", ",柳湾镇,", ",⟦,", "has no name", ""),
    "overlapping validity": (
        "areas.csv",
        ENDING_GRID,
        ENDING_GRID + "990201002201003,枣林三格,,,,⟦2026-05-01,\n",
        "overlaps that of line",
        "the day before",
    ),
    "duplicate code": ("units.csv", UNIT, UNIT + "⟦" + UNIT, "duplicate code T1, first in line", "remove one"),
    "blank-padded code": (
        "areas.csv",
        "990201002201002,",
        "⟦ 990201002201002,",
        "padded with blanks",
        "'990201002201002'",
    ),
    "empty code": ("workers.csv", "W0002,", "⟦,", "code is empty", ""),
    "swapped coordinates": ("areas.csv", "114.36,33.24", "⟦33.24,114.36", "outside the bounds", "swapped"),
    "coordinates outside": ("areas.csv", "114.36,33.24", "⟦115.36,33.24", "outside the bounds", ""),
    "half a coordinate": ("areas.csv", "114.36,33.24", "114.36,⟦", "is no coordinate", "degrees"),
    "coordinate not a number": ("areas.csv", "114.36,33.24", "⟦114.36,nan", "outside the bounds", ""),
    "units in a circle": (
        "units.csv",
        "990200000000,work,,12345",
        "990200000000,work,⟦CMD,12345",
        "GOV → CMD → GOV",
        "empty",
    ),
    "unit above itself": (
        "units.csv",
        "990201000000,24h,CMD,",
        "990201000000,24h,⟦CMD-01,",
        "CMD-01 → CMD-01",
        "empty",
    ),
    "not a date": ("areas.csv", "2026-06-30", "⟦2026/06/30", "'2026/06/30' is no date", "2026-01-31"),
    "ends before it begins": ("areas.csv", "2026-06-30", "⟦2025-06-30", "before it begins", ""),
    "quote not closed": ("areas.csv", "990201002200,东柳村", '⟦990201002200,"东柳村', "", "is a quote not closed?"),
    "line break in a cell": ("areas.csv", "990201002200,东柳村", '⟦990201002200,"东\n柳村"', "line break", "quote"),
    "a cell too many": (
        "workers.csv",
        "W0002,990201001001002,,",
        "W0002,990201001001002,,⟦,",
        "5 cells instead of 4",
        "quote",
    ),
    "a cell too few": ("workers.csv", "W0002,990201001001002,,", "W0002,⟦990201001001002", "2 cells instead of 4", ""),
    "unknown column": ("units.csv", "lat,valid_from,", "lat,⟦vaild_from,", "'vaild_from' is unknown", "valid_from"),
    "zero byte": ("workers.csv", "W0002,", "⟦W00\x0002,", "zero byte", ""),
    "unknown grid": ("workers.csv", "W0003,990201002200001", "W0003,⟦990201002200009", "is unknown", "990201002200001"),
    "unknown kind of day": ("holidays.csv", "2026-04-20,holiday", "2026-04-20,⟦rest", "kind 'rest'", "holiday"),
    "impossible day": ("holidays.csv", "2026-04-25", "⟦2026-04-31", "is no date", ""),
    "rule for nobody": ("rules.toml", "", RULE + 'when = "item = 44002"\n⟦lead = "供水公"\n', "供水公", "供水公司"),
    "rule that never matches": (
        "rules.toml",
        "",
        RULE + '⟦when = "item = 44001 and time in 23:00-05:00"\n',
        "never match",
        "",
    ),
    "rule of no item": ("rules.toml", "", RULE + 'when = "item = ⟦44999"\n', "44999", ""),
    "rules that are no TOML": ("rules.toml", "", "[[rule⟦]\n", "not TOML", ""),
    "no command centre": (
        "units.csv",
        ",command,社会治理指挥中心,990200000000",
        ",command,社会治理指挥中心,990201000000",
        "no unit of kind command",
        "add the command centre",
    ),
    "city without version": ("city.toml", 'version = "2026-01"', "⟦version = 2026", "version must be a text", ""),
    "misspelt key": ("city.toml", "day =", "seed = 1\n⟦bound = []\nday =", "'bound' is unknown", "bounds"),
    "bounds turned round": (
        "city.toml",
        "bounds = [114.0, 33.0, 114.6",
        "⟦bounds = [114.6, 33.0, 114.0",
        "four numbers",
        "west",
    ),
    "no code of a city": (
        "city.toml",
        'code = "990200000000"',
        '⟦code = "990201000000"',
        "no code of a city",
        "eight zeros",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "city"
    new_city(made)
    return made


def break_file(path: Path, old: str, new: str) -> tuple[int, int]:
    """Write the broken file; line and column of the mark in it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 1) if old else text + new
    before, _, after = broken.partition("⟦") if "⟦" in broken else ("", "", broken)
    path.write_text(before + after, encoding="utf-8")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_folder_tells_the_one_fault_at_its_place(folder: Path, case: str) -> None:
    file, old, new, message, suggestion = BROKEN[case]
    line, column = break_file(folder / file, old, new)
    faults = check_city(folder)
    assert [(fault.file, fault.line, fault.column) for fault in faults[:1]] == [(file, line, column)], faults
    assert message in faults[0].message
    assert suggestion in faults[0].suggestion


def test_the_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    for case in ("unknown kind", "blank-padded code", "unknown grid", "impossible day"):
        break_file(folder / BROKEN[case][0], BROKEN[case][1], BROKEN[case][2])
    with pytest.raises(CityFaults, match=r"units\.csv") as caught:
        load_city(folder)
    assert {fault.file for fault in caught.value.faults} == {"areas.csv", "units.csv", "workers.csv", "holidays.csv"}
    assert str(caught.value).startswith(f"{folder}: {len(caught.value.faults)} faults\n")


@pytest.mark.parametrize(
    "file", ["city.toml", "areas.csv", "units.csv", "catalogue.csv", "codes/police.csv", "rules.toml"]
)
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert (file, "the file is missing") in {(fault.file, fault.message) for fault in check_city(folder)}


def test_what_is_no_folder_or_no_file_is_a_fault_and_no_crash(folder: Path) -> None:
    assert "cannot be read" in check_city(folder / "city.toml")[0].message
    (folder / "areas.csv").unlink()
    (folder / "areas.csv").mkdir()
    assert any(fault.file == "areas.csv" and "cannot be read" in fault.message for fault in check_city(folder))


@pytest.mark.parametrize("file", ["city.toml", "units.csv", "rules.toml"])
def test_an_empty_file_is_a_fault_and_no_crash(folder: Path, file: str) -> None:
    (folder / file).write_text("", encoding="utf-8")
    faulty = {fault.file for fault in check_city(folder)}
    assert file in faulty or file == "rules.toml"  # a city may do without rules of its own


def test_a_file_in_another_encoding_is_named_with_the_place(folder: Path) -> None:
    text = (folder / "holidays.csv").read_text(encoding="utf-8")
    (folder / "holidays.csv").write_bytes(text.encode("gb18030"))
    place = text.splitlines()[2].index("建") + 1
    fault = check_city(folder)[0]
    assert (fault.file, fault.line, fault.column, fault.message) == ("holidays.csv", 3, place, "not UTF-8")
    assert "UTF-8" in fault.suggestion


def test_a_temporary_item_needs_an_end(folder: Path) -> None:
    file = folder / "catalogue.csv"
    head, first, *rows = file.read_text(encoding="utf-8").splitlines()
    head, rows = f"{head},admitted_by", [f"{row}," for row in rows]
    file.write_text("\n".join([head, f"{first},河口县指挥中心", *rows]), encoding="utf-8")
    fault = check_city(folder)[0]
    assert (fault.line, fault.column) == (2, len(first) + 1)
    assert "it needs an end" in fault.message
    file.write_text("\n".join([head, f"{first}2026-06-30,河口县指挥中心", *rows]), encoding="utf-8")
    assert check_city(folder) == []


def test_a_missing_column_is_told_at_the_header(folder: Path) -> None:
    break_file(folder / "workers.csv", "worker,grid,valid_from,valid_to", "worker,valid_from,valid_to")
    fault = check_city(folder)[0]
    assert (fault.line, fault.message) == (2, "column 'grid' is missing")


def test_columns_are_counted_past_quoted_commas(folder: Path) -> None:
    line, column = break_file(folder / "areas.csv", ",柳湾镇,114.36", ',"柳,湾镇",⟦x114.36')
    assert [(fault.line, fault.column) for fault in check_city(folder)] == [(line, column)]


def test_a_fault_in_every_line_is_not_told_without_end(folder: Path) -> None:
    rows = "".join(f"W{number},nowhere,,\n" for number in range(5_000))
    break_file(folder / "workers.csv", "", rows)
    faults = check_city(folder)
    assert len(faults) == 1_000
    assert "the rest of the file is not told" in faults[-1].message


@pytest.mark.parametrize(("word", "expected"), [("城市管理局(环位)", "did you mean 城市管理局(环卫)?"), ("天文台", "")])
def test_suggestions_are_close_or_absent(word: str, expected: str) -> None:
    assert suggest(word, ["城市管理局(环卫)", "水利局"]) == expected
