"""Explaining a report that came in: what ClickHouse kept of it, beside what the city says today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streams.city.city import City
from streams.city.example import new_city
from streams.city.load import load_city
from streams.core.accept import Door, Envelope
from streams.core.classify import Classifier
from streams.core.event import Report
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.explain.command import Explaining
from streams.flow.rows import event_row, incident_row
from streams.warehouse.embedded import EmbeddedWarehouse
from tests.support.embedded_warehouse import embedded_warehouse

NOW = 1_773_108_000_000  # 2026-03-10 10:00 in Shanghai
GRID = "990201001001001"
TEXTS = (
    "文汇社区门口水管爆裂，路面全是水",
    "文汇社区水管爆了，门口路面全是积水",
    "文汇社区路灯不亮",
    "文汇社区门口水管爆裂，路面全是水",
)
LATER = (0, 10, 20, 600)  # minutes


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city") / "city"
    new_city(folder)
    return load_city(folder)


@pytest.fixture(scope="module")
def warehouse(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    """Four calls: a burst pipe, again, a dark lamp, and another burst pipe ten hours later."""
    folder: Path = tmp_path_factory.mktemp("explain") / "warehouse"
    door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), bytes(16))
    desk = Desk(city.catalogue, Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday))
    with embedded_warehouse(folder) as opened:
        for number, (text, minutes) in enumerate(zip(TEXTS, LATER, strict=True)):
            at = NOW + minutes * 60_000
            report = Report("hotline", str(number), at, text=text, area=GRID)
            event = door.accept(report, Envelope(0, number, at, replayed=False), at)
            decision = desk.decide(event, at)
            opened.insert("events", [event_row("log", event, decision, number)])
            opened.insert("incidents", [incident_row(decision.incident)])
        yield opened


def test_a_new_incident_is_told_with_its_rule_and_due_time(city: City, warehouse: EmbeddedWarehouse) -> None:
    told = Explaining(city).event("hotline:0", warehouse)
    assert told.decided.outcome == "new"
    assert told.decided.lead == told.explanation.routed.lead.code == "SUP"
    assert told.decided.rule == told.explanation.routed.text
    assert told.decided.due_at == told.explanation.due.due_at == NOW + 2 * 3_600_000
    assert "与现行城市配置的结果不同" not in told.text("zh")
    assert told.explanation.candidates == ()


def _local(value: object) -> object:
    return value.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None) if isinstance(value, datetime) else value


def test_times_are_right_for_who_only_asks(city: City, warehouse: EmbeddedWarehouse) -> None:
    class Plain:
        """Answers as the warehouse does for somebody outside its process: times without a zone."""

        def query(self, sql: str, params: object = None) -> list[tuple[object, ...]]:
            rows = warehouse.query(sql, params)
            return [tuple(_local(v) for v in row) for row in rows]

    told = Explaining(city).event("hotline:0", Plain())
    assert told == Explaining(city).event("hotline:0", warehouse)
    assert told.explanation.due.start == NOW


def test_a_linked_report_is_told_with_its_incident(city: City, warehouse: EmbeddedWarehouse) -> None:
    told = Explaining(city).event("hotline:1", warehouse)
    assert (told.decided.outcome, told.decided.incident_id) == ("linked", "hotline:0")
    assert [(one.incident_id, one.same) for one in told.explanation.candidates] == [("hotline:0", True)]
    assert "并入事件 hotline:0（2026-01）" in told.text("zh")
    assert "linked to incident hotline:0" in told.text("en")


def test_an_incident_of_long_ago_is_no_candidate(city: City, warehouse: EmbeddedWarehouse) -> None:
    told = Explaining(city).event("hotline:3", warehouse)
    assert told.decided.outcome == "new"
    assert all(not one.same for one in told.explanation.candidates)


def test_what_is_only_asked_about_finds_candidates_too(city: City, warehouse: EmbeddedWarehouse) -> None:
    report = Report("hotline", "?", NOW + 15 * 60_000, text=TEXTS[0], area=GRID)
    told = Explaining(city).report(report, warehouse, NOW + 15 * 60_000)
    assert [(one.incident_id, one.same) for one in told.explanation.candidates] == [("hotline:0", True)]


def test_a_changed_city_is_noticed(city: City, warehouse: EmbeddedWarehouse, tmp_path: Path) -> None:
    new_city(tmp_path / "city")
    rules = tmp_path / "city" / "rules.toml"
    rules.write_text('[[rule]]\nname = "爆管街道先到"\nwhen = "item = 41001"\nlead = "街道(乡镇)"\n', "utf-8")
    told = Explaining(load_city(tmp_path / "city")).event("hotline:0", warehouse)
    assert (told.explanation.routed.rule.name, told.explanation.routed.rule.line) == ("爆管街道先到", 1)
    assert "与现行城市配置的结果不同" in told.text("zh")
    assert json.loads(told.json())["decided"]["lead"] == "SUP"
