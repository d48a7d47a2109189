"""A warehouse with the tables of the closed loop, and a made-up week of orders to fill it with.

The week comes from a seed and goes through the real order life, so its rows are what the flow would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.decision import Order
from streams.core.order_life import OrderLife
from streams.core.order_state import OrderState, issue
from streams.core.order_update import STEPS, Update
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.migrate import FOLDER, Migration, migrate, our_migrations
from streams.warehouse.tables import LOOP_TABLES, TABLES

MONDAY = 1_730_649_600_000  # 2024-11-04 00:00 in Shanghai
UNITS = ("V-HY", "E-CG", "E-HW")
LIMITS = {"02001": "4h", "09001": "30m"}
VILLAGES = ("419901001001", "419901001002", "419901002001")


@contextmanager
def loop_warehouse(folder: Path) -> Iterator[EmbeddedWarehouse]:
    """A warehouse with all tables and views, those of the closed loop included."""
    ours = [m for m in our_migrations() if "order_loop" not in m.file]
    file = next(FOLDER.rglob("*_order_loop.sql"))
    ours.append(Migration(ours[-1].number + 1, file.name, file.read_text("utf-8")))
    with patch.dict(TABLES, {table.name: table for table in LOOP_TABLES}):
        warehouse = EmbeddedWarehouse(folder)
        try:
            migrate(warehouse, ours)
            yield warehouse
        finally:
            warehouse.close()


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
