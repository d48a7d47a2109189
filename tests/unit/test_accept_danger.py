"""Danger to life in the text of a hotline call or a grid report, whose code says that it is something else."""

from __future__ import annotations

import pytest

from streams.core.accept import Door, Envelope
from streams.core.area import Area
from streams.core.catalogue import OTHER
from streams.core.classify import Classifier
from streams.core.event import Event, Feed, Report
from streams.core.places import Places
from tests.support.demo_catalogue import catalogue

NOW = 1_773_108_000_000
CATALOGUE = catalogue()
DOOR = Door(CATALOGUE, Places([Area("990100000000", "云河市", "city", "")]), Classifier(CATALOGUE), bytes(16))
LAMP = "40001"
CODES = {feed: next(code for code, item in table.items() if item == LAMP) for feed, table in CATALOGUE.codes.items()
         if LAMP in table.values()}  # fmt: skip


def accept(feed: Feed, text: str, code: str | None = None) -> Event:
    report = Report(feed, "1", NOW, codes=(code if code is not None else CODES[feed],), text=text)
    return DOOR.accept(report, Envelope(0, 0, NOW, replayed=False), NOW)


@pytest.mark.parametrize("feed", ["hotline", "grid"])
@pytest.mark.parametrize(("text", "danger"), [
    ("路灯杆漏电，有个孩子触电倒在地上", None),
    ("路灯下面的垃圾桶着火了，火势很大", "21007"),
    ("路灯杆撞倒了，两车相撞有人受伤", "47001"),
    ("有人要跳楼，站在楼顶", None),
])  # fmt: skip
def test_danger_makes_a_report_urgent_whatever_its_code(feed: Feed, text: str, danger: str | None) -> None:
    event = accept(feed, text)
    assert (event.item, event.classified_by) == (LAMP, "code")
    assert (event.life_safety, event.urgency) == (True, 1)
    assert event.reasons[0] == f"code {CODES[feed]}"
    assert event.reasons[1].startswith("danger ")
    assert danger is None or event.reasons[1] == f"danger {danger}"


@pytest.mark.parametrize(
    "text",
    [
        "路灯不亮好几天了",
        "路灯不亮，担心着火",
        "路灯坏了，没有人受伤，没有着火",
        "咨询消防演练时间，顺便说路灯不亮",
        "路灯下面烧烤，烟很大",
    ],
)
def test_no_danger_is_made_up(text: str) -> None:
    event = accept("hotline", text)
    assert (event.life_safety, event.urgency) == (False, 4)
    assert event.reasons == (f"code {CODES['hotline']}",)


def test_110_knows_danger_by_itself() -> None:
    table = CATALOGUE.codes["police"]
    code = next(code for code, item in table.items() if item != OTHER and CATALOGUE.items[item].level == 4)
    assert not accept("police", "门口的垃圾桶着火了", code).life_safety


def test_only_a_known_code_of_the_source_is_kept() -> None:
    assert accept("hotline", "路灯不亮").source_code == CODES["hotline"]
    assert accept("hotline", "路灯不亮", "13800138000").source_code == ""
