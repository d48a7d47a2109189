"""Order life and its clocks against a model that is written another way.

The machine sends any step at any time. The model knows the stages as a picture (who may follow whom) and the due time
as a walk through the minutes of the day: no formula is shared with the code.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streams.core.deadline import DAY, MINUTE
from streams.core.decision import Order
from streams.core.order_life import OrderLife, Refusal
from streams.core.order_state import OrderState, due_now, issue
from streams.core.order_update import STEPS, Update
from streams.core.supervision import schedule, signals_due

MONDAY = 1_730_682_000_000  # 2024-11-04 09:00 in Shanghai
UNIT, DESK = "E-CG", "C-ZH"
LIMITS = {"33001": "90m", "40001": "5wh", "41001": "1wd"}
FOLLOWERS = {
    "issued": "accepted returned arrived in_hand handed_over merged",
    "accepted": "returned arrived in_hand handled handed_over merged",
    "arrived": "returned in_hand handled handed_over merged",
    "in_hand": "arrived handled handed_over merged",
    "handled": "verified reopened closed",
    "verified": "reopened closed",
    "closed": "reopened",
    "returned": "handed_over merged",
    "handed_over": "",
    "merged": "unmerged",
}
WORKING = {"accepted", "arrived", "in_hand"}
ANSWERABLE = {"handled", "verified", "closed", "merged"}
BESIDES = {
    "extension_asked": WORKING, "suspended": WORKING, "resumed": WORKING | {"issued"},
    "extension_granted": WORKING | {"issued"}, "extension_refused": WORKING | {"issued"},
    "recategorised": WORKING | {"issued", "returned"}, "caller_reached": WORKING | ANSWERABLE,
    **dict.fromkeys(("satisfied", "dissatisfied", "solved", "unsolved"), ANSWERABLE),
}  # fmt: skip
ENDS = {"returned", "handed_over"}  # left to chance
OF_THE_UNIT = {"accepted", "returned", "arrived", "in_hand", "extension_asked", "suspended", "resumed", "handled"}
PASSES_WHILE_SUSPENDED = {
    "resumed", "caller_reached", "recategorised", "extension_granted", "extension_refused", "handed_over", "merged",
}  # fmt: skip


def is_workday(day: date) -> bool:
    return day.weekday() < 5


def works(minute: int) -> bool:
    """Whether offices work in that minute since 1970 UTC."""
    local = datetime.fromtimestamp(minute * 60, UTC) + timedelta(hours=8)
    clock = local.hour * 60 + local.minute
    return is_workday(local.date()) and (540 <= clock < 720 or 810 <= clock < 1050)


def walk_due(limits: list[str], start: int, still: list[tuple[int, int]]) -> int:
    """When the last of `limits` is used up, minute by minute. All times are whole minutes."""
    minute = start // MINUTE
    stopped = {m for begin, end in still for m in range(begin // MINUTE, end // MINUTE)}
    for limit in limits:
        left = {"90m": 90, "5wh": 300, "1wd": 420, "1h": 60}[limit]
        while left:
            runs = works(minute) if limit.endswith(("wh", "wd")) else True
            left -= runs and minute not in stopped
            minute += 1
    return minute * MINUTE


class OrderLifeMachine(RuleBasedStateMachine):
    @initialize(item=st.sampled_from(sorted(LIMITS)))
    def begin(self, item: str) -> None:
        self.life = OrderLife(LIMITS, is_workday)
        order = Order("i/E-CG/1", "i", UNIT, "lead", 1, 1, "grid", item, "419901001001", None, None, 4,
                      life_safety=False, reports=1, received_at=MONDAY, issued_at=MONDAY, due_at=MONDAY, rule="",
                      text="", address="")  # fmt: skip
        self.state = issue(order, LIMITS[item], is_workday)
        self.now, self.sent, self.taken = MONDAY, 0, 0
        self.stage, self.before, self.limits, self.start = "issued", "", [LIMITS[item]], MONDAY
        self.still: list[tuple[int, int]] = []
        self.stopped: int | None = None
        self.asking = self.reached = False
        self.told: list[str] = []

    @rule(minutes=st.sampled_from([0, 1, 7, 45, 60, 200, 1440]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule()
    def look(self) -> None:
        """A timer looks; sometimes a restarted one, which knows the ids that were told and nothing else."""
        found = [s.signal_id for s in signals_due(self.state, self.now, self.told, is_workday)]
        assert not set(found) & set(self.told)
        self.told += found
        assert signals_due(self.state, self.now, self.told, is_workday) == ()

    @rule(step=st.sampled_from(STEPS), item=st.sampled_from(sorted(LIMITS)), early=st.booleans(), mine=st.booleans())
    def send_any_step(self, step: str, item: str, *, early: bool, mine: bool) -> None:
        self.send(step, item, early=early, mine=mine)

    def send(self, step: Any, item: str, *, early: bool, mine: bool) -> None:
        if early and self.now == self.state.last_at:
            return
        at = self.state.last_at - MINUTE if early else self.now
        by = UNIT if mine else DESK
        self.sent += 1
        update = Update(f"u{self.sent}", "i/E-CG/1", step, at, by, "why", "E-HW", "j/E-CG/1", item, "1h")
        after = self.life.apply(self.state, update, self.now)
        allowed = not early and self.allows(step, mine=mine, at=at)
        assert isinstance(after, OrderState) is allowed, (after, step, self.stage)
        if isinstance(after, Refusal):
            return
        assert after.history == (*self.state.history, update)
        self.state = after
        self.taken += 1
        self.follow(step, item, at)

    @rule(data=st.data(), minutes=st.sampled_from([0, 1, 30, 240, 1440]), item=st.sampled_from(sorted(LIMITS)))
    def go_a_legal_step(self, data: st.DataObject, minutes: int, item: str) -> None:
        """Chance alone is refused most of the time, or soon at an end: this leads deep into a life."""
        self.now += minutes * MINUTE
        ways = [(step, mine) for step in STEPS if step not in ENDS for mine in (True, False)
                if self.allows(step, mine=mine, at=self.now)]  # fmt: skip
        if ways:
            step, mine = data.draw(st.sampled_from(ways))
            self.send(step, item, early=False, mine=mine)

    @rule()
    def send_again(self) -> None:
        for update in self.state.history[-1:]:
            assert self.life.apply(self.state, update, self.now) is self.state

    def allows(self, step: str, *, mine: bool, at: int) -> bool:
        if mine and step in ("extension_granted", "extension_refused", "verified"):
            return False
        if not mine and step in OF_THE_UNIT:
            return False
        if self.stopped is not None and self.stage != "merged" and step not in PASSES_WHILE_SUSPENDED:
            return False
        if step not in FOLLOWERS[self.stage].split() and self.stage not in BESIDES.get(step, ()):
            return False
        if step == "extension_asked":
            return not self.asking and at <= walk_due(self.limits, self.start, self.still)
        needs: dict[str, bool] = {
            "resumed": self.stopped is not None, "extension_granted": self.asking, "extension_refused": self.asking,
            **dict.fromkeys(("satisfied", "dissatisfied", "solved", "unsolved"), self.reached),
        }  # fmt: skip
        return needs.get(step, True)

    def follow(self, step: str, item: str, at: int) -> None:
        actions: dict[str, Any] = {
            "extension_asked": lambda: setattr(self, "asking", True),
            "extension_refused": lambda: setattr(self, "asking", False),
            "caller_reached": lambda: setattr(self, "reached", True),
            "suspended": lambda: setattr(self, "stopped", at),
            "resumed": lambda: self.go_on(at),
        }
        actions.get(step, lambda: None)()
        if step == "extension_granted":
            self.asking, self.limits = False, [*self.limits, "1h"]
        if step == "recategorised":
            self.asking, self.limits = False, [LIMITS[item]]
        if step == "reopened":
            self.asking = self.reached = False
            self.limits, self.start, self.still = self.limits[:1], at, []
        if step == "merged":
            self.before, self.stopped = self.stage, at if self.stopped is None else self.stopped
        if step in FOLLOWERS[self.stage].split():
            self.stage = {"reopened": "in_hand", "unmerged": self.before}.get(step, step)
        if step == "unmerged":
            self.go_on(at)

    def go_on(self, at: int) -> None:
        assert self.stopped is not None
        self.still.append((self.stopped, at))
        self.stopped = None

    @invariant()
    def state_is_the_models(self) -> None:
        assert self.state.stage == self.stage
        assert self.state.suspended is (self.stopped is not None)
        assert (self.state.asking, self.state.said.reached) == (self.asking, self.reached)
        assert len(self.state.history) == self.taken

    @invariant()
    def the_due_time_is_the_models(self) -> None:
        if self.now - self.start < 5 * DAY:  # a walk by minutes is slow
            assert self.state.clock.due_at == walk_due(self.limits, self.start, self.still)
            if self.stopped is not None:
                still = [*self.still, (self.stopped, self.now)]
                assert due_now(self.state, self.now, is_workday) == walk_due(self.limits, self.start, still)

    @invariant()
    def signals_are_in_order_and_end_with_the_work(self) -> None:
        signals = schedule(self.state, is_workday)
        assert bool(signals) is (self.stage in WORKING | {"issued"})
        assert [s.at for s in signals] == sorted(s.at for s in signals)
        assert len({s.signal_id for s in signals}) == len(signals)


TestOrderLife = OrderLifeMachine.TestCase
TestOrderLife.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
