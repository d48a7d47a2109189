"""The grid: what is settled on the spot closes in one message; what is not climbs to the level that can settle it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.city.example import new_city
from streams.city.load import load_city
from streams.core.accept import Door, Envelope
from streams.core.area import level_of
from streams.core.classify import Classifier
from streams.core.decision import Decision
from streams.core.event import Event
from streams.core.normalise import normalise
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk

NOW = 1_773_108_000_000  # 2026-03-10 10:00 in Shanghai
GRID = "990201001001001"
TEMPORARY = (
    "33999,临时整治私拉电线,33,环境卫生,市容城管,城市管理局(环卫),,4,4h,placeholder,grid,Y,24h,50,N,,"
    ",2026-02-28,指挥中心"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example city with the demo's rules, and a temporary item that has ended."""
    made = tmp_path_factory.mktemp("grid") / "city"
    new_city(made)
    catalogue = made / "catalogue.csv"
    head, *rows = catalogue.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},admitted_by", *(f"{row}," for row in rows), TEMPORARY]
    catalogue.write_text("\n".join(lines), encoding="utf-8")
    with (made / "codes" / "grid.csv").open("a", encoding="utf-8") as file:
        file.write("T-1,33999,临时\n")
    return made


@pytest.fixture
def tell(folder: Path):
    city = load_city(folder)
    router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
    door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), bytes(16))
    desk, numbers = Desk(city.catalogue, router), iter(range(99))

    def tell(code: str, text: str, *, handled: bool = False, grid: str = GRID) -> tuple[Event, Decision]:
        number = next(numbers)
        record = {"number": f"G{number}", "report_time": "20260310100000", "item_code": code, "grid_code": grid,
                  "text": text, "self_handled": handled}  # fmt: skip
        event = door.accept(normalise("grid", record), Envelope(0, number, NOW, replayed=False), NOW)
        return event, desk.decide(event, NOW)

    return tell


def test_what_a_worker_settled_closes_in_one_message(tell) -> None:
    _, decision = tell("33001", "垃圾已清理", handled=True)
    assert (decision.outcome, decision.incident.closed, decision.orders) == ("new", True, ())


def test_what_a_worker_may_not_settle_is_sent_on(tell) -> None:
    event, decision = tell("22001", "楼道闻到煤气味，已通知住户", handled=True)
    assert event.life_safety
    assert not decision.incident.closed
    assert decision.orders[0].life_safety


def test_what_is_not_settled_goes_to_a_unit_above_the_grid(tell) -> None:
    _, decision = tell("33001", "垃圾堆了一地，需要车辆清运")
    lead = decision.orders[0].unit
    assert lead == "URB-01"
    assert not decision.incident.closed


def test_a_second_report_that_is_not_settled_opens_the_matter_again(tell) -> None:
    tell("33001", "单元门口垃圾堆积一地，气味很大", handled=True)
    _, again = tell("33001", "单元门口垃圾堆积一地，气味很大")
    assert (again.outcome, again.incident.closed) == ("linked", False)
    assert again.orders


def test_an_ended_temporary_item_is_for_the_command_centre_to_admit(tell) -> None:
    event, decision = tell("T-1", "私拉电线")
    assert event.item == "33999"
    assert decision.orders[0].unit == "CMD-01"
    assert "临时事项33999临时整治私拉电线已于2026-02-28到期" in decision.incident.rule


def test_what_is_in_no_catalogue_is_for_the_command_centre(tell) -> None:
    event, decision = tell("ZZZ", "说不清楚的事情")
    assert (event.item, decision.orders[0].unit) == ("55005", "CMD-01")
    assert level_of(event.area) == "grid"
