"""Explanations: from what somebody might tell to the words of an answer."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.city.city import City
from streams.city.example import new_city
from streams.city.load import load_city
from streams.cli import app
from streams.core.classify import Classifier
from streams.core.event import Event, Report
from streams.core.explain import Explainer, Explanation
from streams.core.route import Router
from streams.core.triage import Desk
from streams.errors import RefusedError, SanwangError
from streams.explain.command import Explained, Explaining
from streams.explain.words import Teller
from streams.warehouse.errors import WarehouseError
from tests.support import small_city
from tests.support.demo_catalogue import catalogue
from tests.support.town import CATALOGUE, MINUTE, NOON, OneDesk
from tests.support.town import event as town_event

EVENING = 1_790_676_000_000  # 2026-09-29 18:00 in Shanghai
GRID = "990201001001001"


class Silent:
    """A warehouse that does not answer."""

    def query(self, sql: str, params: object = None) -> list[tuple[object, ...]]:
        raise WarehouseError("nobody there")


class Empty(Silent):
    """A warehouse without a row."""

    def query(self, sql: str, params: object = None) -> list[tuple[object, ...]]:
        return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("explain") / "city"
    new_city(made)
    return made


@pytest.fixture(scope="module")
def city(folder: Path) -> City:
    return load_city(folder)


def ask(city: City, text: str, warehouse: object = None, **fields: object) -> Explained:
    report = Report("hotline", "?", EVENING, text=text, **fields)
    return Explaining(city).report(report, warehouse or Silent(), EVENING)


def by_town(event: Event, *before: Event) -> Explanation:
    """An event of the town of triage's tests, after others."""
    desk = Desk(CATALOGUE, OneDesk())
    incidents = [desk.decide(one, NOON).incident for one in before]
    city = small_city
    router = Router(city.catalogue(), city.units(), city.areas(), city.rules(), city.is_workday)
    explainer = Explainer(
        CATALOGUE, city.areas(), city.units(), Classifier(catalogue()), router, city.is_workday, lambda _: ""
    )
    return explainer.explain(event, incidents)


def test_the_words_that_spoke_for_the_item_and_for_others(city: City) -> None:
    told = ask(city, "文汇社区的路灯不亮，井盖也松了").explanation.classified
    assert (told.item.code, told.by) == ("40001", "text")
    first, *others = told.spoken
    assert first.item.name == "路灯不亮、灯具损坏"
    assert ("路灯不亮", 3.0) in first.words
    assert [one.item.code for one in others][:1] == ["39001"]
    assert first.points > others[0].points > 0


def test_the_place_is_named_from_the_city_down(city: City) -> None:
    placed = ask(city, "路灯不亮", area=GRID).explanation.placed
    assert [one.code for one in placed.areas] == [
        "990200000000", "990201000000", "990201001000", "990201001001", GRID,
    ]  # fmt: skip
    assert (placed.by, placed.ambiguous) == ("code", False)
    assert ask(city, "路灯不亮", address="文汇社区门口").explanation.placed.by == "address"


def test_a_working_limit_is_counted_over_the_holidays(city: City) -> None:
    due = ask(city, "路灯不亮", area=GRID).explanation.due
    counted = {str(day.day): (day.spent_minutes, day.name) for day in due.days}
    assert counted["2026-09-29"] == (0, "")
    assert counted["2026-09-30"] == (420, "")
    assert counted["2026-10-01"] == (0, "国庆节")
    assert counted["2026-10-08"] == (420, "")
    assert (due.limit, due.source) == ("2wd", "placeholder")


def test_the_rule_its_line_and_those_passed_over(city: City, folder: Path) -> None:
    report = Report("hotline", "?", EVENING, text="半夜KTV唱歌噪音扰民睡不着", area=GRID)
    routed = Explaining(city).report(report, Silent(), EVENING + 5 * 3_600_000).explanation.routed
    assert routed.rule.name == "夜间噪声巡防先到"
    assert (folder / "rules.toml").read_text("utf-8").splitlines()[routed.rule.line - 1] == "[[rule]]"
    day = Explaining(city).report(report, Silent(), EVENING).explanation.routed
    assert day.rule is None
    assert [(one.name, one.failed) for one in day.passed] == [("夜间噪声巡防先到", ("minute",))]


def test_danger_in_the_text_of_another_code(city: City) -> None:
    code = next(code for code, item in city.catalogue.codes["hotline"].items() if item == "40001")
    explanation = ask(city, "路灯下面着火了，火势很大", codes=(code,)).explanation
    assert explanation.classified.danger.item.code == "21007"
    assert explanation.life_safety
    assert explanation.classified.reasons[:2] == (f"code {code}", "danger 21007")


def test_candidates_say_why_and_why_not() -> None:
    late = NOON + 10 * MINUTE
    explanation = by_town(
        town_event("9", at=late), town_event("1"), town_event("2", item_code="33001"),
        town_event("3", at=NOON - 5 * 3_600_000), town_event("4", lon=114.7, at=NOON + MINUTE),
        town_event("5", text="单位食堂附近自来水压力很小想问问原因", lon=114.6035, at=NOON + 2 * MINUTE),
    )  # fmt: skip
    told = {one.incident_id: (one.same, one.why_not) for one in explanation.candidates}
    assert told["hotline:1"] == (True, "")
    assert told["hotline:2"] == (False, "kind")
    assert told["hotline:3"] == (False, "time")
    assert told["hotline:4"] == (False, "place")
    joined = next(one for one in explanation.candidates if one.same)
    assert joined.points >= joined.needed > 0
    assert joined.reasons[0] == "same item 41001"


def test_in_chinese_and_in_english(city: City) -> None:
    explained = ask(city, "文汇社区的路灯不亮")
    chinese, english = explained.text("zh"), explained.text("en")
    for word in ("按文字: 路灯不亮", "主办", "2026-10-01 国庆节: 不计", "没有规则适用", "没有数据库可查", "按地址文字"):
        assert word in chinese
    for word in ("by text: 路灯不亮", "lead", "2026-10-01 国庆节: does not count", "no rule held", "by address"):
        assert word in english


def test_evidence_is_told_in_the_language_asked_for() -> None:
    explanation = by_town(town_event("2", at=NOON + MINUTE), town_event("1"))
    assert "同一事项 41001、相距 0 米（限 500 米）、相隔 1 分钟（限 240 分钟）" in "\n".join(
        Teller("zh").tell(explanation, None, asked=True)
    )
    assert "same item 41001、0 m of 500 m、1 min of 240 min" in "\n".join(
        Teller("en").tell(explanation, None, asked=True)
    )


def test_a_limit_by_the_clock_has_no_days(city: City) -> None:
    explained = ask(city, "楼里着火了", area=GRID)
    assert explained.explanation.due.days == ()
    assert "按自然时间计" in explained.text("zh")


def test_json_holds_everything(city: City) -> None:
    told = json.loads(ask(city, "文汇社区的路灯不亮", Empty()).json())
    assert told["decided"] is None
    assert told["routed"]["lead"]["name"]
    assert told["due"]["days"][0]["day"] == "2026-09-29"
    assert set(told) == {*Explanation.__struct_fields__, "decided"}


def test_a_warehouse_that_answers_is_asked_for_candidates(city: City) -> None:
    assert "附近没有同类的未结事件" in ask(city, "路灯不亮", Empty()).text("zh")


def test_what_would_be_refused_is_refused(city: City) -> None:
    with pytest.raises(RefusedError, match="unknown_area"):
        ask(city, "", area="990201009009")


def test_an_unknown_report_is_named(city: City) -> None:
    with pytest.raises(SanwangError, match="there is no report 'hotline:0'"):
        Explaining(city).event("hotline:0", Empty())


def test_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(app, ["explain", "--text", "文汇社区的路灯不亮", "--city", str(folder), "--json"])
    assert json.loads(run.stdout)["classified"]["item"]["code"] == "40001"
    both = CliRunner().invoke(app, ["explain", "hotline:1", "--text", "x", "--city", str(folder)])
    assert isinstance(both.exception, SanwangError)


def test_days_have_their_names(city: City) -> None:
    names = {day: city.calendar.name_of(date.fromisoformat(day)) for day in (
        "2026-03-10", "2026-03-14", "2026-02-17", "2026-02-28", "2026-04-20", "2031-05-03",
    )}  # fmt: skip
    assert names == {
        "2026-03-10": "", "2026-03-14": "周末", "2026-02-17": "春节", "2026-02-28": "调休",
        "2026-04-20": next(line.split(",")[2] for line in _own_days() if line.startswith("2026-04-20")),
        "2031-05-03": "周末",
    }  # fmt: skip


def _own_days() -> list[str]:
    import streams.city

    file = Path(streams.city.__file__).parent / "example_data" / "holidays.csv"
    return file.read_text("utf-8").splitlines()
