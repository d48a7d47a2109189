"""classes.toml: who says what a text is about, and every fault with its line."""

from pathlib import Path

import pytest

from streams.city.classes import read_classes
from streams.city.example import new_city
from streams.city.load import check_city, load_city
from streams.core.opinion import Classes
from streams.errors import FileFault
from tests.support.demo_catalogue import catalogue


def read(folder: Path, text: str) -> tuple[Classes, list[FileFault]]:
    (folder / "classes.toml").write_text(text, encoding="utf-8")
    faults: list[FileFault] = []
    return read_classes(folder, catalogue().items, faults), faults


def test_without_a_file_the_rules_alone(tmp_path: Path) -> None:
    assert read_classes(tmp_path, {}, []) == Classes("rules")


def test_all_that_it_can_say(tmp_path: Path) -> None:
    text = 'by = "both"\nmodel = "m.zip"\nthreshold = 1\n[labels]\n"停水" = "41002"\n'
    said, faults = read(tmp_path, text)
    assert faults == []
    assert said == Classes("both", str(tmp_path / "m.zip"), 1.0, {"停水": "41002"})


@pytest.mark.parametrize(("text", "line", "said", "suggested"), [
    ('\nby = "all"', 2, "by must be one of rules, model, both", "both"),
    ('by = "model"', 1, "model must name a model file", "model.zip"),
    ('by = "rules"\nmodle = "m"', 2, "key 'modle' is unknown", "model"),
    ('by = "both"\nmodel = "m"\nthreshold = 2', 3, "threshold must be a probability", "0 to 1"),
    ('by = "both"\nmodel = "m"\n\n[labels]\n"停水" = "41022"', 5, "item '41022' is unknown", "41002"),
    ('by = "both"\nmodel = "m"\nlabels = 3', 3, "labels must be a table", "[labels]"),
    ('by = "both', 1, "not TOML", ""),
])  # fmt: skip
def test_faults(tmp_path: Path, text: str, line: int, said: str, suggested: str) -> None:
    _, faults = read(tmp_path, text)
    assert [(fault.file, fault.line) for fault in faults] == [("classes.toml", line)]
    assert said in faults[0].message
    assert suggested in faults[0].suggestion


def test_it_is_part_of_the_city(tmp_path: Path) -> None:
    new_city(tmp_path / "city")
    assert load_city(tmp_path / "city").classes.by == "rules"
    (tmp_path / "city" / "classes.toml").write_text('by = "modle"\n')
    assert [fault.file for fault in check_city(tmp_path / "city")] == ["classes.toml"]
