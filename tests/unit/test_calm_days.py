"""The ledger of the three zeros: days without accident, case, or matter that climbed."""

import pytest

from streams.core.calm_days import Breach, breach_of, climbed, standing
from tests.support.demo_catalogue import catalogue

BREACHES = (Breach(20, "accident", "a"), Breach(12, "accident", "b"), Breach(12, "accident", "b"),
            Breach(15, "climbed", "c"), Breach(3, "case", "before"), Breach(99, "case", "after"))  # fmt: skip


def test_days_since_the_last_and_the_longest_run() -> None:
    accident, case, climb = standing(BREACHES, began=10, today=23)
    assert (accident.days, accident.longest, [b.incident_id for b in accident.breaches]) == (3, 8, ["b", "a"])
    assert (case.days, case.longest, case.breaches) == (13, 13, ())
    assert (climb.days, climb.longest) == (8, 8)


@pytest.mark.parametrize(
    ("item", "danger", "zero"),
    [("11003", False, "case"), ("21007", True, "accident"), ("21007", False, None), ("32001", True, "accident"),
     ("01005", True, None), ("33001", False, None)],
)  # fmt: skip
def test_what_is_an_accident_or_a_case(item: str, danger: bool, zero: str | None) -> None:  # noqa: FBT001
    assert breach_of(catalogue().items[item], life_safety=danger) == zero


@pytest.mark.parametrize(
    ("before", "after", "up"),
    [("419901001001", "419901001000", True), ("419901001000", "419900000000", True),
     ("419901001001", "419901002000", False), ("419901000000", "419901001000", False),
     ("419901001000", "419901001000", False)],
)  # fmt: skip
def test_climbing_is_going_to_a_wider_territory_around(before: str, after: str, up: bool) -> None:  # noqa: FBT001
    assert climbed(before, after) is up
