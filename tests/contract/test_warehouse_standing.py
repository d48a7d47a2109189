"""What stands open, as the alerts count it."""

import time
from pathlib import Path

from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.standing import standing
from tests.support.embedded_warehouse import AREA, LIGHT, embedded_warehouse

MINUTE = 60_000


def now() -> int:
    return int(time.time() * 1000)


def order(warehouse: EmbeddedWarehouse, number: int, due_in: int, *, closed: bool = False, age_days: int = 0) -> None:
    """An order due in so many minutes, and its incident."""
    incident, at = f"hotline:{number}", now() - age_days * 86_400_000 - MINUTE
    due = now() + due_in * MINUTE
    warehouse.insert("orders", [(
        f"{incident}/E-CG/1", incident, "E-CG", "lead", 1, 1, "hotline", LIGHT, AREA, None, None, 3, False, 1, at, at,
        at, due, "rule",
    )])  # fmt: skip
    warehouse.insert("incidents", [(
        incident, LIGHT, AREA, None, None, at, at, at, 1, 1, 0, 3, False, "E-CG", [], "rule", due, closed, "", "", 1,
    )])  # fmt: skip


def hand_over(warehouse: EmbeddedWarehouse, number: int, waiting: int, taken: int | None = None) -> None:
    at = now() - waiting * MINUTE
    warehouse.insert("hand_overs", [(f"hotline:{number}", "12345", "110", "danger", at, at, taken, 1)])


def test_what_stands_open_is_counted_by_state(tmp_path: Path) -> None:
    with embedded_warehouse(tmp_path / "warehouse") as warehouse:
        assert standing(warehouse) == {"due_soon": 0, "overdue": 0, "stuck_hand_over": 0}
        order(warehouse, 1, 10)
        order(warehouse, 2, 200)  # later
        order(warehouse, 3, -10)
        order(warehouse, 4, -20)
        order(warehouse, 5, -30, closed=True)
        order(warehouse, 6, -40, age_days=90)
        hand_over(warehouse, 1, 4)
        hand_over(warehouse, 2, 6)
        hand_over(warehouse, 3, 60, taken=now())
        assert standing(warehouse) == {"due_soon": 1, "overdue": 2, "stuck_hand_over": 1}
