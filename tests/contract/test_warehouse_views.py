"""The views' figures, right although every block came twice; and every query of the cookbook."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.warehouse.embedded import EmbeddedWarehouse
from tests.support.embedded_warehouse import AREA, FIRE, LIGHT, embedded_warehouse, fill

COOKBOOK = (Path(__file__).parents[2] / "docs" / "queries.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", COOKBOOK, re.DOTALL)


@pytest.fixture(scope="module", params=[1, 2], ids=["once", "twice"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    """An evening, written once or twice."""
    with embedded_warehouse(tmp_path_factory.mktemp("views") / "warehouse") as opened:
        fill(opened, request.param)
        yield opened


def ask(warehouse: EmbeddedWarehouse, sql: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in warehouse.raw(sql, "JSONEachRow").splitlines()]


def test_reports_per_minute(warehouse: EmbeddedWarehouse) -> None:
    figures = "sum(reports) AS r, sum(incidents) AS i, sum(linked) AS l, sum(repeats) AS p, sum(redelivered) AS d"
    rows = ask(warehouse, f"SELECT feed, item_name, {figures} FROM reports_per_minute GROUP BY 1, 2 ORDER BY 1, 2 DESC")
    assert [tuple(row.values()) for row in rows] == [
        ("grid", "路灯损坏", 1, 1, 0, 0, 0),
        ("grid", "火灾", 1, 0, 1, 0, 0),
        ("hotline", "路灯损坏", 2, 1, 1, 1, 1),
        ("police", "火灾", 1, 1, 0, 0, 0),
    ]


def test_a_minute_of_reports_has_its_names(warehouse: EmbeddedWarehouse) -> None:
    assert ask(warehouse, "SELECT * FROM reports_per_minute WHERE feed = 'police'") == [
        {
            "minute": "2024-11-01 17:03:00", "feed": "police", "county": "419901000000", "county_name": "东沅区",
            "township": "419901001000", "township_name": "河东街道", "class_code": "09", "class_name": "消防安全",
            "item": FIRE, "item_name": "火灾", "reports": 1, "incidents": 1, "linked": 0, "repeats": 0,
            "redelivered": 0, "duplicate_share": 0,
        }
    ]  # fmt: skip


def test_the_duplicate_share_of_a_minute(warehouse: EmbeddedWarehouse) -> None:
    shares = ask(warehouse, "SELECT minute, duplicate_share FROM reports_per_minute ORDER BY minute")
    assert [row["duplicate_share"] for row in shares] == [0, 1, 0, 0, 1, 0]


def test_orders_per_minute(warehouse: EmbeddedWarehouse) -> None:
    columns = "minute, feed, unit, unit_name, role, class_name, item, orders, open_orders"
    rows = ask(warehouse, f"SELECT {columns} FROM orders_per_minute ORDER BY minute, unit")
    assert [tuple(row.values()) for row in rows] == [
        ("2024-11-01 17:00:00", "hotline", "E-CG", "东沅区城市管理局", "lead", "市政设施", LIGHT, 1, 1),
        ("2024-11-01 17:03:00", "police", "E-GA", "东沅区公安分局", "assist", "消防安全", FIRE, 1, 1),
        ("2024-11-01 17:03:00", "grid", "E-XF", "东沅区消防救援大队", "lead", "消防安全", FIRE, 1, 1),
    ]


def test_open_orders_are_those_of_incidents_that_are_not_closed(warehouse: EmbeddedWarehouse) -> None:
    rows = ask(warehouse, "SELECT unit, open_orders, as_lead, life_safety, overdue FROM open_orders ORDER BY unit")
    assert [tuple(row.values()) for row in rows] == [("E-CG", 1, 1, 0, 1), ("E-GA", 1, 0, 1, 1), ("E-XF", 1, 1, 1, 1)]


def test_call_to_order(warehouse: EmbeddedWarehouse) -> None:
    rows = ask(warehouse, "SELECT feed, reports, ordered, p50_ms, p99_ms, max_ms FROM call_to_order ORDER BY feed")
    assert [tuple(row.values()) for row in rows] == [
        ("grid", 1, 0, None, None, None), ("hotline", 1, 1, 10, 10, 10), ("police", 1, 1, 8, 8, 8)
    ]  # fmt: skip


def test_latest_incidents(warehouse: EmbeddedWarehouse) -> None:
    columns = "incident_id, item_name, area, area_name, reports, channels, lead_name, closed"
    rows = ask(warehouse, f"SELECT {columns} FROM latest_incidents")
    assert [tuple(row.values()) for row in rows] == [
        ("grid:5", "路灯损坏", AREA, "槐荫社区", 1, ["grid"], "东沅区城市管理局", True),
        ("police:3", "火灾", AREA, "槐荫社区", 2, ["police", "grid"], "东沅区消防救援大队", False),
        ("hotline:0", "路灯损坏", AREA, "槐荫社区", 2, ["hotline"], "东沅区城市管理局", False),
    ]


def test_the_account_view(warehouse: EmbeddedWarehouse) -> None:
    rows = ask(warehouse, "SELECT feed, outcome, records FROM account ORDER BY feed, outcome")
    assert [tuple(row.values()) for row in rows] == [
        ("allclears", "all_clear", 2), ("grid", "linked", 1), ("grid", "new", 1), ("hotline", "linked", 1),
        ("hotline", "new", 1), ("hotline", "redelivered", 1), ("police", "dead_letter", 1), ("police", "new", 1),
    ]  # fmt: skip


def test_the_cookbook_has_its_queries() -> None:
    assert len(QUERIES) >= 12


@pytest.mark.parametrize("sql", QUERIES, ids=[sql.split("FROM ")[1].split()[0] for sql in QUERIES])
def test_every_query_of_the_cookbook_finds_something(warehouse: EmbeddedWarehouse, sql: str) -> None:
    assert ask(warehouse, sql)
