"""The daily bulletin of every township, counted a second time in plain Python over the raw events."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from streams.core.area import Area
from streams.core.deadline import DAY
from streams.core.presence import Bulletin, Presence, day_of
from streams.flow.rows import order_row
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.loop_rows import step_row
from streams.warehouse.names import load_names
from tests.support.embedded_warehouse import ITEMS, UNITS, embedded_warehouse, evening
from tests.support.order_loop import MONDAY, lives

TOWNS = ("419901001000", "419901002000", "419902001000")
GRIDS = [f"{town[:9]}{village:03}{n:03}" for town in TOWNS for village in (1, 2) for n in range(1, 5)]
MICROS = [f"{grid}{n:02}" for grid in GRIDS for n in (1, 2)]
LAND = [Area(code, code, "township", "") for code in TOWNS] + [Area(grid, grid, "grid", "") for grid in GRIDS]
LIVES = lives(5, 150)
DAYS = 10
Clear = tuple[str, int]
Told = tuple[str, str, int, bool, str]  # feed, area, ms UTC, settled on the spot, outcome


def signals(seed: int) -> tuple[list[Clear], list[Told]]:
    """All-clears of the first two townships, some twice; reports from anywhere, some redelivered."""
    rng = Random(seed)
    places = [grid for grid in GRIDS + MICROS if not grid.startswith(TOWNS[2][:9])]
    clears = [(rng.choice(places), MONDAY + rng.randrange(DAYS * DAY)) for _ in range(200)]
    told = [
        (rng.choice(("grid", "hotline", "police")), rng.choice([*GRIDS, *MICROS, GRIDS[0][:12]]),
         MONDAY + rng.randrange(DAYS * DAY), rng.random() < 0.3, rng.choice(("new", "linked", "redelivered")))
        for _ in range(300)
    ]  # fmt: skip
    return clears, told


CLEARS, TOLD = signals(9)


def event_rows() -> list[tuple[Any, ...]]:
    like = evening()["events"][0]
    rows = []
    for n, (feed, area, at, own, outcome) in enumerate(TOLD):
        row = list(like)
        row[1:6] = [feed, 0, n, f"{feed}:{n}", outcome]
        row[8], row[9], row[10], row[25] = at, at, area, own
        rows.append(tuple(row))
    return rows


@pytest.fixture(scope="module", params=[1, 2], ids=["once", "twice"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    with embedded_warehouse(tmp_path_factory.mktemp("bulletin") / "warehouse") as opened:
        for _ in range(request.param):
            opened.insert("orders", [order_row(order, order.issued_at) for order, _ in LIVES])
            opened.insert("order_steps", [step_row(s) for _, states in LIVES for s in states[1:]])
            opened.insert("all_clears", [("log", 0, n, f"P{n}", g, at, at) for n, (g, at) in enumerate(CLEARS)])
            opened.insert("events", event_rows())
            load_names(opened, ITEMS, LAND, UNITS)
        yield opened


def recount() -> dict[int, tuple[Bulletin, ...]]:
    """Every township's day, by the number of the day."""
    presence = Presence(GRIDS, keep=DAYS + 1)
    counts = {name: {day: Counter[str]() for day in days()} for name in ("reported", "own", "handled", "overdue")}
    for grid, at in CLEARS:
        presence.clear(grid, at)
    for feed, area, at, own, outcome in TOLD:
        if outcome != "redelivered":
            counts["reported"][day_of(at)][f"{area[:9]}000"] += 1
            counts["own"][day_of(at)][f"{area[:9]}000"] += own
            if feed == "grid":
                presence.online(area, at)
    for order, states in LIVES:
        state, town = states[-1], f"{order.area[:9]}000"
        done = max((u.at for u in state.history if u.step == "handled"), default=None)
        done = done if state.stage in ("handled", "verified", "closed") else None
        left = state.stage in ("handed_over", "merged") or any(u.step == "returned" for u in state.history)
        if done is not None and day_of(done) in counts["handled"]:
            counts["handled"][day_of(done)][town] += 1
        due = state.clock.due_at
        if not left and (done is None or done > due) and day_of(due) in counts["overdue"]:
            counts["overdue"][day_of(due)][town] += 1
    return {day: presence.bulletins(day, *(counts[name][day] for name in counts)) for day in days()}


def days() -> range:
    return range(day_of(MONDAY), day_of(MONDAY) + DAYS)


def test_the_bulletin_is_what_plain_python_counts(warehouse: EmbeddedWarehouse) -> None:
    expected = [
        (date(1970, 1, 1) + timedelta(days=day), b.township, b.grids, b.online, b.all_clear, b.reported, b.self_handled,
         b.handled, b.overdue)
        for day, bulletins in recount().items() for b in bulletins
    ]  # fmt: skip
    rows = warehouse.query(
        "SELECT day, township, grids, online, all_clear, reported, self_handled, handled, overdue "
        "FROM sanwang.daily_bulletin WHERE day BETWEEN '2024-11-04' AND '2024-11-13' ORDER BY day, township"
    )
    assert all(sum(row[column] for row in expected) for column in range(2, 9))
    assert [tuple(row) for row in rows] == expected


def test_a_township_of_which_nothing_was_heard_has_its_line(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        f"SELECT count(), max(all_clear), min(grids) FROM sanwang.daily_bulletin WHERE township = '{TOWNS[2]}' "
        "AND day BETWEEN '2024-11-04' AND '2024-11-13'"
    )
    assert rows == [(DAYS, 0, 8)]
