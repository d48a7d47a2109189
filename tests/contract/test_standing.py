"""`sanwang warnings` and `sanwang zeros`, of a warehouse whose worker is not running; CAP of every change."""

import json
from pathlib import Path

import pytest

from streams.config import ClickHouse, Settings
from streams.core.deadline import HOUR, MINUTE
from streams.core.warning_book import WarningBook
from streams.core.warnings import Colour, ColourWarning, Sight, absence, overdue, recurrence, silence
from streams.warehouse.loop_rows import warning_row
from streams.warehouse.names import load_names
from tests.support.cap import check_alert, text
from tests.support.command import said, sanwang
from tests.support.embedded_warehouse import AREA, AREAS, ITEMS, UNITS, embedded_warehouse, evening
from tests.support.order_loop import MONDAY

TOWN = "419901001000"


def story() -> list[ColourWarning]:
    """All five subjects; the surge gets worse and is over."""
    book = WarningBook()
    told = book.take([Sight("surge", TOWN, "09", MONDAY, Colour.BLUE, 6, 0.2)])
    told += book.take([Sight("surge", TOWN, "09", MONDAY + MINUTE, Colour.RED, 12, 0.2)])
    for minutes in (10, 200):
        told += book.take([Sight("surge", TOWN, "09", MONDAY + minutes * MINUTE, Colour.NONE, 0, 0.2)])
    return told + book.take(
        [overdue("E-CG", MONDAY, 60, 80), recurrence(AREA, "02001", MONDAY, 5), absence(TOWN, MONDAY, 40, 100),
         silence("419900000000", "police", MONDAY, HOUR, 15 * MINUTE)]
    )  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("standing") / "warehouse"
    with embedded_warehouse(folder) as opened:
        opened.insert("incidents", evening()["incidents"])
        opened.insert("warnings", [warning_row(warning) for warning in story()])
        load_names(opened, ITEMS, AREAS, UNITS)
    return Settings(clickhouse=ClickHouse(url=f"embedded:{folder}"))


def test_what_stands_the_most_serious_first(settings: Settings) -> None:
    lines = [json.loads(line) for line in said("warnings", "--format", "JSONEachRow", settings=settings).splitlines()]
    assert [(line["colour_name"], line["subject"], line["place_name"], line["kind_name"]) for line in lines] == [
        ("红", "overdue", "东沅区城市管理局", ""), ("红", "silence", "临沅市", "police"),
        ("橙", "absence", "河东街道", ""), ("黄", "recurrence", "槐荫社区", "路灯损坏"),
    ]  # fmt: skip


def test_history_has_every_change(settings: Settings) -> None:
    lines = said("warnings", "--history", "--format", "JSONEachRow", settings=settings).splitlines()
    surges = [json.loads(line)["change"] for line in lines if "surge" in line]
    assert surges == ["cancelled", "changed", "raised"]
    assert len(lines) == len(story())


def test_every_change_is_a_valid_cap_message(settings: Settings, tmp_path: Path) -> None:
    cap = ("--cap", str(tmp_path), "--sender", "zhihui.example", "--status", "Exercise", "--days", "4000")
    assert said("warnings", *cap, settings=settings) == f"7 messages written to {tmp_path}\n"
    alerts = [check_alert(file.read_bytes()) for file in sorted(tmp_path.iterdir())]
    assert len({text(alert, "identifier") for alert in alerts}) == 7
    surges = [alert for alert in alerts if text(alert, "event") == "事件激增"]
    assert [text(alert, "msgType") for alert in surges] == ["Alert", "Update", "Cancel"]
    assert text(surges[0], "headline") == "河东街道消防安全事件激增蓝色预警"
    assert text(surges[2], "references").count("zhihui.example,") == 2
    late = next(alert for alert in alerts if text(alert, "event") == "工单超期")
    assert text(late, "headline") == "东沅区城市管理局工单超期红色预警"
    assert text(late, "description") == "在办80件，其中超期60件"
    again = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    said("warnings", *cap, settings=settings)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == again


def test_cap_without_a_sender_is_an_error(settings: Settings, tmp_path: Path) -> None:
    refused = sanwang("warnings", "--cap", str(tmp_path / "none"), settings=settings)
    assert refused.returncode == 1
    assert "--cap needs --sender" in refused.stderr


def test_the_ledger_of_a_village_and_of_a_unit(settings: Settings) -> None:
    village = said("zeros", AREA, "--format", "TSV", settings=settings).splitlines()
    assert [line.split("\t")[0] for line in village[:3]] == ["accident", "case", "climbed"]
    assert [line.split("\t")[3] for line in village[:3]] == ["1", "0", "0"]
    assert village[3:] == ["2024-11-01\taccident\tpolice:3"]
    unit = said("zeros", "E-XF", "--format", "TSV", settings=settings).splitlines()
    assert unit[3:] == village[3:]


def test_a_code_of_nothing_is_an_error(settings: Settings) -> None:
    refused = sanwang("zeros", "4199", settings=settings)
    assert refused.returncode == 1
    assert "'4199' is no village (12 digits) and no unit of the city" in refused.stderr
