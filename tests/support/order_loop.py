"""A made-up week of orders to fill a warehouse with.

The week comes from a seed and goes through the real order life, so its rows are what the flow would write.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from msgspec.structs import replace

from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.decision import Order
from streams.core.order_life import OrderLife
from streams.core.order_state import OrderState, issue
from streams.core.order_update import STEPS, Update

MONDAY = 1_730_649_600_000  # 2024-11-04 00:00 in Shanghai
UNITS = ("V-HY", "E-CG", "E-HW")
LIMITS = {"02001": "4h", "09001": "30m"}
VILLAGES = ("419901001001", "419901001002", "419901002001")


def is_workday(day: date) -> bool:
    return day.weekday() < 5


LIFE = OrderLife(LIMITS, is_workday)


def lives(seed: int, count: int) -> list[tuple[Order, list[OrderState]]]:
    """Orders of a week, each with its states as far as chance took it, the state of its issue first."""
    rng = Random(seed)
    return [_life(rng, number) for number in range(count)]


def _life(rng: Random, number: int) -> tuple[Order, list[OrderState]]:
    unit, item = rng.choice(UNITS), rng.choice(sorted(LIMITS))
    feed = rng.choice(("hotline", "police", "grid"))
    at = MONDAY + rng.randrange(10 * DAY)
    order = Order(
        f"{feed}:{number}/{unit}/1", f"{feed}:{number}", unit, "lead", 1, 1, feed, item, rng.choice(VILLAGES), None,
        None, 4, life_safety=item == "09001", reports=1, received_at=at - MINUTE, issued_at=at, due_at=at, rule="r",
        text="", address="",
    )  # fmt: skip
    state = issue(order, LIMITS[item], is_workday)
    order = replace(order, due_at=state.clock.due_at)
    states, now = [state], at
    for turn in range(rng.randrange(40)):
        now += int(rng.expovariate(1 / HOUR) / 4)
        step: Any = rng.choice(STEPS)
        by = "C-ZH" if step in ("extension_granted", "extension_refused", "verified") else unit
        update = Update(f"{number}.{turn}", order.order_id, step, now, by, "why", rng.choice(("E-CG", "C-ZH")),
                        "hotline:0/E-CG/1", rng.choice(sorted(LIMITS)), "1h")  # fmt: skip
        after = LIFE.apply(states[-1], update, now)
        if isinstance(after, OrderState):
            states.append(after)
    return order, states
