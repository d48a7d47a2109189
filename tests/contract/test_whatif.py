"""What-if on reports that ClickHouse recorded: the same city says that nothing differs, a changed one what does."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from streams.city.example import new_city
from streams.city.load import load_city
from streams.config import ClickHouse, Kafka, Settings
from streams.core.accept import Door, Envelope
from streams.core.catalogue import OTHER
from streams.core.classify import Classifier
from streams.core.event import Report
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.errors import SanwangError
from streams.flow.rows import event_row
from streams.learning.model_file import save_model
from streams.learning.train import train
from streams.whatif.command import WhatIf, shown
from streams.whatif.tried import Tried
from tests.support.embedded_warehouse import embedded_warehouse
from tests.support.history import ITEM_OF, reports

NOW = 1_773_108_000_000  # 2026-03-10 10:00 in Shanghai
MINUTE = 60_000
GRID = "990201001001001"
REPORTS = (  # minute, feed, text, where in degrees east of the grid, the alarm that it belongs to
    (0, "hotline", "文汇社区门口水管爆裂，路面全是水", 0.0, ""),
    (10, "hotline", "文汇社区水管爆了，门口路面全是积水", 0.003, ""),
    (20, "hotline", "文汇社区路灯不亮", 0.0, ""),
    (30, "police", "路口两辆车相撞，有人受伤", 0.0, ""),
    (70, "police", "车祸的另一个报警，无人说清", 0.0, "3"),
    (90, "hotline", "小区里有一堆垃圾", 0.0, ""),
)
CALLER = "13900000001"


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "present"
    new_city(folder)
    return folder


@pytest.fixture(scope="module")
def settings(present: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse with the reports as the present city decided on them, one of them delivered twice."""
    folder = tmp_path_factory.mktemp("whatif") / "warehouse"
    city = load_city(present)
    door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), bytes(16))
    desk = Desk(city.catalogue, Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday))
    with embedded_warehouse(folder) as opened:
        for offset, (minute, feed, text, east, parent) in enumerate([*REPORTS, REPORTS[0]]):
            at, number = NOW + minute * MINUTE, offset % len(REPORTS)
            report = Report(feed, str(number), at, parent=parent, text=text, area=GRID, lon=114.2792 + east, lat=33.2,
                            caller=CALLER)  # fmt: skip
            event = door.accept(report, Envelope(0, offset, at, replayed=False), at)
            opened.insert("events", [event_row("log", event, desk.decide(event, at), offset)])
    return Settings(city=str(present), clickhouse=ClickHouse(url=f"embedded:{folder}"), kafka=Kafka(partitions=2))


def asked(settings: Settings, folder: Path, out: Path | None = None):
    return WhatIf(settings, Tried(folder)).ask("clickhouse", NOW - MINUTE, NOW + 100 * MINUTE, out)


def changed(present: Path, folder: Path, file: str, old: str, new: str) -> Path:
    """The present city with one replacement in one file."""
    new_city(folder)
    text = (present / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), "utf-8")
    return folder


def test_the_same_city_says_that_nothing_differs(settings: Settings, present: Path) -> None:
    sums = asked(settings, present)
    assert (sums.reports, sums.incidents, sum(sums.kinds.values())) == (len(REPORTS), (4, 4), 0)
    assert (sums.recorded, sums.same_item, sums.same_incident) == (6, 6, 6)
    text = shown(sums, WhatIf(settings, Tried(present)).names, "table", "zh").decode()
    assert text.startswith("6 条报告试算完毕：结果完全相同。\n现行规则重算与当时记录相符：事项 100.0%，归并 100.0%")


def test_a_rule_moves_orders(settings: Settings, present: Path, tmp_path: Path) -> None:
    first = '[[rule]]\nname = "纠纷'
    rule = '[[rule]]\nname = "爆管街道先到"\nwhen = "item = 41001"\nlead = "街道(乡镇)"\n\n'
    city = changed(present, tmp_path / "city", "rules.toml", first, rule + first)
    sums = asked(settings, city, tmp_path / "out")
    assert (sums.kinds["lead"], sums.kinds["due"], sums.kinds["class"]) == (1, 0, 0)
    [moved] = [row for row in read(tmp_path / "out" / "orders.csv") if row["kind"] == "lead"]
    assert (moved["event_id"], moved["lead_before"], moved["rule_after"][:6]) == ("hotline:0", "SUP", "爆管街道先到")
    units = {r["unit"]: int(r["lead_after"]) - int(r["lead_before"]) for r in read(tmp_path / "out" / "units.csv")}
    assert units["SUP"] == -1
    assert sum(units.values()) == 0
    with pytest.raises(SanwangError, match="is there already"):
        asked(settings, city, tmp_path / "out")


def test_a_narrower_window_splits_an_incident(settings: Settings, present: Path, tmp_path: Path) -> None:
    city = changed(present, tmp_path / "city", "catalogue.csv", "12345,N,4h,500,N,水管爆*3", "12345,N,4h,50,N,水管爆*3")
    sums = asked(settings, city, tmp_path / "out")
    assert (sums.kinds["split"], sums.kinds["merged"], sums.incidents) == (1, 0, (4, 5))
    [row] = read(tmp_path / "out" / "incidents.csv")
    assert (row["event_id"], row["incident_before"], row["incident_after"]) == ("hotline:1", "hotline:0", "hotline:1")


def test_a_shorter_limit_is_due_sooner(settings: Settings, present: Path, tmp_path: Path) -> None:
    old = "供水公司,供热公司|物业服务企业,2,2h"
    city = changed(present, tmp_path / "city", "catalogue.csv", old, old.replace("2h", "1h"))
    sums = asked(settings, city)
    assert dict(sums.kinds) == {"due": 1}
    assert (sums.due_sooner, sums.due_later) == (1, 0)


def test_words_move_a_class(settings: Settings, present: Path, tmp_path: Path) -> None:
    old = "4,2wd,placeholder,12345,N,7d,200,N,路灯|路灯不亮|灯不亮|"
    city = changed(present, tmp_path / "city", "catalogue.csv", old, "4,2wd,placeholder,12345,N,7d,200,N,")
    sums = asked(settings, city)
    assert list(sums.classes) == [("40001", OTHER)]
    text = shown(sums, WhatIf(settings, Tried(city)).names, "md", "en").decode()
    assert "1 would be of another item" in text
    assert "## Items that would change\n\n| as is | would be | count |\n| --- | --- | --- |\n| 路灯不亮、" in text


def test_a_model_has_its_say_on_the_tried_side(settings: Settings, present: Path, tmp_path: Path) -> None:
    texts, labels = reports()
    model = tmp_path / "model.zip"
    save_model(train(texts, [ITEM_OF[label] for label in labels]), model)
    asking = WhatIf(settings, Tried(present, model, threshold=0.0))  # it answers whatever it is asked
    sums = asking.ask("clickhouse", NOW - MINUTE, NOW + 100 * MINUTE, tmp_path / "out")
    rows = read(tmp_path / "out" / "classes.csv")
    assert len(rows) == sums.kinds["class"] >= 1
    assert {(row["by_before"], row["by_after"]) for row in rows} == {("text", "model")}


def test_nothing_recorded_is_said(settings: Settings, present: Path) -> None:
    with pytest.raises(SanwangError, match="no reports"):
        WhatIf(settings, Tried(present)).ask("clickhouse", NOW - 2 * MINUTE, NOW - MINUTE)


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return list(csv.DictReader(rows))
