"""`sanwang suggest` on a warehouse whose worker is not running."""


import pytest

from streams.config import ClickHouse, Settings
from streams.core.decision import Decision, Order
from streams.flow.rows import event_row, order_row
from streams.report.suggest import suggest_bytes
from streams.warehouse.names import load_names
from streams.warehouse.port import Row
from tests.contract.test_decision_views import WEEKS, WORD
from tests.support.demo_catalogue import catalogue
from tests.support.embedded_warehouse import AREAS, ITEMS, LOG, UNITS, embedded_warehouse, event, incident, order


def moved_on(of: Order) -> list[Row]:
    """Returned by its unit, and handed over to the fire brigade by the command centre."""
    told = (("1", 1, "returned", "E-CG", "不属于", ""), ("2", 2, "handed_over", "C-ZH", "", "E-XF"))
    return [
        (of.order_id, number, position, step, of.issued_at, by, reason, to, "", "", step, of.due_at, of.issued_at)
        for number, position, step, by, reason, to in told
    ]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """240 orders, of which few move on; but of the 40 that one rule sent, every third does."""
    folder = tmp_path_factory.mktemp("returning") / "warehouse"
    with embedded_warehouse(folder) as opened:
        for n in range(240):
            rule, moves = ("路灯归城管", n % 3 == 0) if n < 40 else ("事项清单", n % 40 == 0)
            lamp = event(n)
            sent = order(incident(lamp, rule=rule), lamp, "E-CG")
            opened.insert("orders", [order_row(sent, lamp.received_at)])
            if moves:
                opened.insert("order_steps", moved_on(sent))
        opened.insert("events", [event_row(LOG, e, Decision("new", incident(e)), 0) for e in WEEKS])
        load_names(opened, ITEMS, AREAS, UNITS)
    return Settings(clickhouse=ClickHouse(url=f"embedded:{folder}"))


def test_suggestions_name_the_rule_and_where_its_orders_go(settings: Settings) -> None:
    text = suggest_bytes(settings, catalogue(), "md", "zh").decode()
    rules, words = (part.splitlines() for part in text.split("\n## ")[1:3])
    told = ("02001", "路灯损坏", "东沅区城市管理局", "路灯归城管", "40", "14", "14", "0", "0.35", "0.079",
            "东沅区消防救援大队", "")  # fmt: skip
    assert [line for line in rules if line.startswith("| 0")] == [f"| {' | '.join(told)} |"]
    assert any(WORD in line for line in words)
    assert "Rules whose orders keep moving away" in suggest_bytes(settings, catalogue(), "md", "en").decode()
