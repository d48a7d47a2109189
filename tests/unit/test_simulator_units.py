"""Simulated units: the same answers each time, legal ones, with times like the field's."""

from __future__ import annotations

from collections import Counter
from statistics import median, quantiles
from typing import Any

import pytest

from streams.city.city import City
from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.decision import Order
from streams.core.localtime import to_ms
from streams.core.order_life import OrderLife
from streams.core.order_state import OrderState, issue
from streams.core.order_update import read_update
from streams.intake.simulator.units import Units
from tests.support.order_loop import MONDAY


def order(city: City, number: int, feed: str, item: str) -> dict[str, Any]:
    unit = next(unit.code for unit in city.units.values() if unit.kind == "department")
    return {
        "order_id": f"{feed}:{number}/{unit}/1", "incident_id": f"{feed}:{number}", "unit": unit, "role": "lead",
        "round": 1, "revision": 1, "feed": feed, "item": item, "area": "990101001001", "lon": None, "lat": None,
        "urgency": 4, "life_safety": False, "reports": 1, "received_at": MONDAY, "issued_at": MONDAY,
        "due_at": MONDAY, "rule": "", "text": "", "address": "",
    }  # fmt: skip


@pytest.mark.parametrize("feed", ["hotline", "police", "grid"])
def test_answers_come_again_from_the_seed_and_are_legal_steps(demo_city: City, feed: str) -> None:
    limits = {item.code: item.limit for item in demo_city.catalogue.items.values()}
    life, item = OrderLife(limits, demo_city.is_workday), next(iter(limits))
    taken, refused = Counter[str](), Counter[str]()
    units, again = Units(demo_city, 3), Units(demo_city, 3)
    for number in range(400):
        told = order(demo_city, number, feed, item)
        answers = units.answers(told)
        assert answers == again.answers(told)
        state = issue(Order(**told), limits[item], demo_city.is_workday)
        for answer in answers:
            update = read_update(answer.record)
            after = life.apply(state, update, update.at)
            if isinstance(after, OrderState):
                taken[update.step] += 1
                state = after
            else:
                refused[after.reason] += 1
    assert set(taken) >= {"accepted", "in_hand", "handled", "closed", "returned", "handed_over", "solved", "reopened"}
    assert ("arrived" in taken) is (feed == "police")
    assert refused.keys() <= {"after_due", "not_asked"}  # who asks for more time after it is up is told so
    assert sum(refused.values()) < sum(taken.values()) / 20


def test_times_have_the_tails_of_the_field(demo_city: City) -> None:
    units, told = Units(demo_city, 1), order(demo_city, 0, "hotline", "02001")
    calls = [told | {"order_id": f"hotline:{n}/U/1"} for n in range(1500)]
    results = [handled(units.answers(one)) for one in calls]
    days = sorted(at / DAY for at in results if at)
    assert 9 < median(days) < 14
    assert 38 < quantiles(days, n=10)[-1] < 60
    arrivals = [step_at(units.answers(one | {"feed": "police"}), "arrived") for one in calls]
    minutes = [at / MINUTE for at in arrivals if at]
    assert 8 < median(minutes) < 11  # accepted after one, then 8
    assert 14 < quantiles(minutes, n=10)[-1] < 19


def test_a_demo_unit_needs_a_second_for_an_hour(demo_city: City) -> None:
    told = order(demo_city, 1, "grid", "02001")
    slow, fast = Units(demo_city, 1).answers(told), Units(demo_city, 1, HOUR / 1000).answers(told)
    assert [answer.record["step"] for answer in slow] == [answer.record["step"] for answer in fast]
    assert (slow[-1].at - MONDAY) / (fast[-1].at - MONDAY) == pytest.approx(3600, rel=0.01)


def test_most_hand_overs_are_acknowledged_within_minutes(demo_city: City) -> None:
    units = Units(demo_city, 1)
    pushed = [{"incident_id": f"hotline:{n}", "from_line": "12345", "to_line": "110", "reason": "danger",
               "pushed_at": MONDAY} for n in range(500)]  # fmt: skip
    answers = [units.acknowledgement(one) for one in pushed]
    assert 2 <= answers.count(None) <= 25
    minutes = [(to_ms(str(a.record["ack_time"])) - MONDAY) / MINUTE for a in answers if a]
    assert 1 < median(minutes) < 3


def handled(answers: list[Any]) -> int | None:
    return step_at(answers, "handled")


def step_at(answers: list[Any], step: str) -> int | None:
    return next((answer.at - MONDAY for answer in answers if answer.record["step"] == step), None)
