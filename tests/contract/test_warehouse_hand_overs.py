"""Hand-overs in the warehouse: one row each, however often it is told, and the stuck ones in view."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streams.core.handover import HandOver, acknowledge
from streams.flow.rows import hand_over_row
from streams.warehouse.embedded import EmbeddedWarehouse
from tests.support.embedded_warehouse import MINUTE, START, embedded_warehouse, fill

FIRE_KNOWN = HandOver("police:3", "grid", "110", "danger", START + 3 * MINUTE)
LAMP = HandOver("hotline:0", "110", "12345", "not_police", START + MINUTE)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    """An evening with two hand-overs, each pushed twice, one acknowledged before the push came a second time."""
    with embedded_warehouse(tmp_path_factory.mktemp("hand_overs") / "warehouse") as opened:
        fill(opened)
        for rows in ([FIRE_KNOWN, LAMP], [acknowledge(FIRE_KNOWN, START + 3 * MINUTE + 40_000)], [FIRE_KNOWN, LAMP]):
            opened.insert("hand_overs", [hand_over_row(each, START) for each in rows])
        yield opened


def test_an_acknowledgement_stays_although_the_push_is_told_again(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        "SELECT incident_id, to_line, reason, dateDiff('second', pushed_at, acknowledged_at), revision "
        "FROM sanwang.hand_overs FINAL ORDER BY incident_id"
    )
    assert rows == [("hotline:0", "12345", "not_police", None, 1), ("police:3", "110", "danger", 40, 2)]


def test_the_stuck_ones_wait_in_view_with_what_they_are_about(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        "SELECT incident_id, from_line, to_line, item_name, area_name, lead_name, waiting_minutes >= 5 "
        "FROM sanwang.stuck_hand_overs"
    )
    assert [tuple(map(str, row)) for row in rows] == [
        ("hotline:0", "110", "12345", "路灯损坏", "槐荫社区", "东沅区城市管理局", "1"),
    ]


def test_a_day_of_hand_overs(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        "SELECT from_line, to_line, pushed, acknowledged, p50_seconds FROM sanwang.hand_overs_per_day ORDER BY 1, 2"
    )
    assert [row[:4] for row in rows] == [("110", "12345", 1, 0), ("grid", "110", 1, 1)]
    assert rows[1][4] == 40
