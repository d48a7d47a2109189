"""The condition language: what each form means."""

from __future__ import annotations

import pytest

from streams.core.condition import parse
from streams.core.reach import boxes, holds
from streams.core.vocabulary import Facts, Vocabulary
from tests.support import small_city

FACTS: Facts = {
    "item": "33001", "area": "419901", "place": "village", "urgency": 4, "feed": "grid", "life_safety": False,
    "ambiguous": False, "self_handled": True, "minute": 22 * 60, "weekday": 5, "workday": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(small_city.catalogue(), small_city.areas())


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("always", True),
        ("not always", False),
        ("item = 33001", True),
        ("item != 33001", False),
        ("item in 33002, 33001", True),
        ("item in 33002,33003", False),
        ("item not in 33002, 33003", True),
        ("item in 32007-33002", True),
        ("item in 33002-33009", False),
        ("class = 33", True),
        ("class in 30-32, 34", False),
        ("domain = 市容城管", True),
        ("domain != 市容城管", False),
        ("sector = 城市管理局(环卫)", True),
        ("sector in 公安局, 城市管理局(环卫)", True),
        ("sector in 公安局,城市管理局(环卫) and not(class = 34)", True),
        ("sector = 城市管理局(市政)", False),
        ("area in 4199", True),
        ("area in 419901", True),
        ("area = 419901000000", True),
        ("area in 419902", False),
        ("area not in 419902", True),
        ("place = village", True),
        ("place in township-micro", True),
        ("place in city, county", False),
        ("urgency <= 2", False),
        ("urgency >= 3", True),
        ("urgency > 3", True),
        ("urgency < 4", False),
        ("urgency in 3-4", True),
        ("feed = grid", True),
        ("feed in hotline, police", False),
        ("feed != hotline", True),
        ("hour = 22", True),
        ("hour >= 22", True),
        ("hour < 22", False),
        ("hour in 21-3", True),
        ("hour in 23-3", False),
        ("time in 22:00-06:00", True),
        ("time in 17:30-22:00", False),
        ("time in 22:00-24:00", True),
        ("time not in 08:00-20:00", True),
        ("weekday = sat", True),
        ("weekday in mon-fri", False),
        ("weekday in fri-mon", True),
        ("self_handled", True),
        ("not self_handled", False),
        ("life_safety or ambiguous", False),
        ("workday", False),
        ("not workday and not life_safety", True),
        ("life_safety and ambiguous or self_handled", True),  # and binds closer than or
        ("life_safety and (ambiguous or self_handled)", False),
        ("not (life_safety or ambiguous)", True),
        ("not (self_handled and feed = police)", True),
        ("not not self_handled", True),
        ("item in 33001, 33002 and urgency <= 2", False),
        ("  item\n  =\t33001  ", True),
    ],
)
def test_meaning(vocabulary: Vocabulary, condition: str, *, expected: bool) -> None:
    universe = {**vocabulary.universe, "area": frozenset({"", "4199", "419901", "419902"})}
    assert holds(boxes(parse(condition, vocabulary), universe), FACTS) is expected
