"""The life of an order, step by step: what moves it, what is refused and why, and what it does to the due time."""

from datetime import date, timedelta
from typing import Any

import pytest

from streams.core.deadline import DAY, HOUR, MINUTE, due_at
from streams.core.decision import Order
from streams.core.order_life import TRANSITIONS, OrderLife, Refusal
from streams.core.order_state import OrderState, due_now, issue
from streams.core.order_update import STEPS, Update, read_update
from streams.errors import RefusedError

MONDAY = 1_730_682_000_000  # 2024-11-04 09:00 in Shanghai
UNIT, DESK, OTHER = "E-CG", "C-ZH", "E-HW"
LIMITS = {"33001": "4h", "40001": "2wd", "41001": "1wd"}


def is_workday(day: date) -> bool:
    return day.weekday() < 5


LIFE = OrderLife(LIMITS, is_workday)


def order(item: str = "33001", at: int = MONDAY) -> Order:
    return Order(
        f"hotline:1/{UNIT}/1", "hotline:1", UNIT, "lead", 1, 1, "hotline", item, "419901001001", None, None, 4,
        life_safety=False, reports=1, received_at=at, issued_at=at, due_at=at, rule="", text="路灯不亮", address="",
    )  # fmt: skip


def new(item: str = "33001") -> OrderState:
    return issue(order(item), LIMITS[item], is_workday)


def step(name: str, minutes: int, **more: Any) -> Update:
    by = {"extension_granted": DESK, "extension_refused": DESK, "verified": DESK}.get(name, UNIT)
    needs = {"returned": {"reason": "不属本单位"}, "extension_asked": {"reason": "待料"},
             "reopened": {"reason": "未修好"}, "suspended": {"reason": "汛期"},
             "handed_over": {"unit": OTHER}, "merged": {"into": "hotline:0/E-CG/1"},
             "extension_granted": {"limit": "2h"}, "recategorised": {"item": "40001"}}.get(name, {})  # fmt: skip
    fields = {"by": by, **needs, **more}
    return Update(f"u{name}{minutes}", f"hotline:1/{UNIT}/1", name, MONDAY + minutes * MINUTE, **fields)  # type: ignore[arg-type] # a test's words


def walk(state: OrderState, *steps: str, start: int = 1) -> OrderState:
    for minute, name in enumerate(steps, start=start):
        after = LIFE.apply(state, step(name, minute), MONDAY + DAY)
        assert isinstance(after, OrderState), after
        state = after
    return state


def refused(state: OrderState, update: Update, now: int = MONDAY + 30 * DAY) -> str:
    after = LIFE.apply(state, update, now)
    assert isinstance(after, Refusal)
    assert after.detail
    return after.reason


def test_the_whole_way() -> None:
    state = walk(new(), "accepted", "arrived", "in_hand", "handled", "verified", "caller_reached", "satisfied",
                 "solved", "closed")  # fmt: skip
    assert (state.stage, state.said.satisfied, state.said.solved) == ("closed", True, True)
    assert [update.step for update in state.history] == [
        "accepted", "arrived", "in_hand", "handled", "verified", "caller_reached", "satisfied", "solved", "closed",
    ]  # fmt: skip


def test_closed_is_not_solved() -> None:
    state = walk(new(), "accepted", "handled", "closed")
    assert (state.stage, state.said.solved) == ("closed", None)
    state = walk(state, "caller_reached", "unsolved", start=10)
    assert (state.stage, state.said.solved) == ("closed", False)


@pytest.mark.parametrize(("stage", "name"), sorted({(stage, name) for stage, name in TRANSITIONS}))
def test_every_arrow_of_the_table_leads_where_it_says(stage: str, name: str) -> None:
    ways = {"issued": (), "accepted": ("accepted",), "arrived": ("arrived",), "in_hand": ("in_hand",),
            "handled": ("arrived", "handled"), "verified": ("arrived", "handled", "verified"),
            "closed": ("arrived", "handled", "closed"), "returned": ("returned",)}  # fmt: skip
    before = walk(new(), *ways[stage])
    assert before.stage == stage
    assert walk(before, name, start=20).stage == TRANSITIONS[stage, name]  # type: ignore[index] # words of the table


def test_what_the_table_does_not_allow_is_refused_and_changes_nothing() -> None:
    state = walk(new(), "accepted", "handled", "closed")
    for name in STEPS:
        if name in ("reopened", "caller_reached", "satisfied", "dissatisfied", "solved", "unsolved"):
            continue
        assert refused(state, step(name, 30)) == "not_allowed"
    assert len(state.history) == 3


@pytest.mark.parametrize(
    ("way", "update", "reason"),
    [
        ((), step("accepted", 5, by=OTHER), "not_the_unit"),
        (("accepted", "handled"), step("verified", 5, by=UNIT), "own_work"),
        (("accepted",), step("returned", 5, reason=""), "incomplete"),
        (("accepted",), step("handled", 0), "out_of_order"),
        (("accepted",), step("extension_granted", 5), "not_asked"),
        (("accepted", "extension_asked"), step("extension_asked", 5), "asked_already"),
        (("accepted", "extension_asked"), step("extension_granted", 5, limit="soon"), "bad_limit"),
        (("accepted",), step("extension_asked", 241), "after_due"),
        (("accepted", "suspended"), step("handled", 5), "suspended"),
        (("accepted",), step("resumed", 5), "not_suspended"),
        (("accepted", "handled"), step("satisfied", 5), "caller_not_reached"),
        (("accepted",), step("recategorised", 5, item="99999"), "unknown_item"),
        (("accepted",), step("handed_over", 5, unit=UNIT), "same_unit"),
        (("accepted",), step("merged", 5, into=f"hotline:1/{UNIT}/1"), "into_itself"),
        (("merged",), step("handled", 5), "not_allowed"),
        (("returned",), step("accepted", 5), "not_allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_refusals(way: tuple[str, ...], update: Update, reason: str) -> None:
    assert refused(walk(new(), *way), update) == reason


def test_another_orders_update_and_one_from_the_future_are_refused() -> None:
    assert refused(new(), Update("u", "hotline:2/E-CG/1", "accepted", MONDAY, UNIT)) == "other_order"
    assert refused(new(), step("accepted", 60), now=MONDAY) == "bad_time"


def test_the_same_update_again_changes_nothing() -> None:
    state = walk(new(), "accepted", "handled")
    assert LIFE.apply(state, state.history[0], MONDAY + DAY) is state


def test_an_extension_is_counted_from_the_due_time() -> None:
    state = walk(new(), "accepted", "extension_asked")
    assert state.clock.due_at == MONDAY + 4 * HOUR
    state = walk(state, "extension_granted", start=5)
    assert state.clock.due_at == MONDAY + 6 * HOUR
    assert (state.asking, state.clock.number) == (False, 2)


def test_a_suspension_moves_the_due_time_by_as_much_as_it_lasts() -> None:
    state = walk(new(), "accepted", "suspended")
    assert due_now(state, MONDAY + 62 * MINUTE, is_workday) == MONDAY + 5 * HOUR
    state = walk(state, "resumed", start=32)
    assert (state.clock.due_at, state.clock.number) == (MONDAY + 4 * HOUR + 30 * MINUTE, 1)


def test_another_category_has_another_due_time_from_the_same_start() -> None:
    state = walk(new(), "accepted", "suspended", "resumed", "recategorised")
    suspended = ((MONDAY + 2 * MINUTE, MONDAY + 3 * MINUTE),)
    assert state.item == "40001"
    assert state.clock.due_at == due_at("2wd", MONDAY, is_workday, suspended)


def test_another_category_ends_an_extension_of_the_first() -> None:
    state = walk(new(), "accepted", "extension_asked", "extension_granted", "recategorised")
    assert state.clock.due_at == due_at("2wd", MONDAY, is_workday)


def test_a_reopened_order_has_its_whole_limit_again_and_nothing_said() -> None:
    state = walk(new(), "accepted", "handled", "caller_reached", "dissatisfied", "reopened")
    assert (state.stage, state.reworks, state.said.reached, state.said.satisfied) == ("in_hand", 1, False, None)
    assert state.clock.due_at == MONDAY + 5 * MINUTE + 4 * HOUR


def test_a_merged_order_keeps_its_number_and_its_caller_is_answered() -> None:
    state = walk(new(), "accepted", "merged", "caller_reached", "solved")
    assert (state.order_id, state.merged_into) == (f"hotline:1/{UNIT}/1", "hotline:0/E-CG/1")
    assert state.said.solved is True


def test_an_unmerged_order_goes_on_where_it_was_without_the_time_between() -> None:
    state = walk(walk(new(), "arrived", "merged"), "unmerged", start=62)
    assert (state.stage, state.merged_into, state.suspended) == ("arrived", "", False)
    assert state.clock.due_at == MONDAY + 5 * HOUR


def test_working_time_stands_still_at_the_weekend() -> None:
    friday = MONDAY + 4 * DAY
    state = issue(order("41001", friday + 6 * HOUR), "1wd", is_workday)
    assert state.clock.due_at == friday + 3 * DAY + 6 * HOUR
    assert timedelta(milliseconds=state.clock.due_at - state.issued_at) == timedelta(days=3)


RECORD = {"number": " u1 ", "order_id": "o", "step": "returned", "step_time": "20241104090000", "by": "E-CG",
          "reason": "请联系13812345678", "to_unit": None, "into_order": None, "item": None,
          "extra_limit": None}  # fmt: skip


def test_a_record_becomes_an_update_without_personal_data() -> None:
    update = read_update(RECORD)
    assert (update.number, update.at, update.step) == ("u1", MONDAY, "returned")
    assert "13812345678" not in update.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"step": "forgotten"}, "bad_value"), ({"step_time": "yesterday"}, "bad_time"), ({"number": ""}, "missing_field"),
     ({"by": None}, "missing_field")],
)  # fmt: skip
def test_a_record_that_says_nothing_sensible_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusedError) as refused_:
        read_update(RECORD | change)
    assert refused_.value.reason == reason
