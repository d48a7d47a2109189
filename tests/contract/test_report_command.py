"""The report as the command makes it: from settings, of a warehouse whose worker is not running."""

import re
from datetime import date

import pytest

from streams.config import ClickHouse, Settings
from streams.errors import SanwangError
from streams.flow.rows import order_row
from streams.report.command import report_bytes
from streams.warehouse.loop_rows import step_row
from streams.warehouse.names import load_names
from tests.support.embedded_warehouse import AREAS, ITEMS, UNITS, embedded_warehouse
from tests.support.order_loop import lives

DAY = date(2024, 11, 7)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("command") / "warehouse"
    made = lives(11, 60)
    with embedded_warehouse(folder) as opened:
        opened.insert("orders", [order_row(order, order.issued_at) for order, _ in made])
        opened.insert("order_steps", [step_row(s) for _, states in made for s in states[1:]])
        load_names(opened, ITEMS, AREAS, UNITS)
    return Settings(clickhouse=ClickHouse(url=f"embedded:{folder}"))


def test_a_week_of_the_whole_city_in_chinese(settings: Settings) -> None:
    text = report_bytes(settings, "week", DAY, form="md").decode()
    assert text.startswith("# 全市 · 周报 · 2024-11-04 – 2024-11-10\n\n## 总体情况\n\n| 指标 | 本期 | 上期 | 变化 |")
    assert re.search(r"\n\| [123] \| 东沅区城市管理局 \| \d+ \|", text)


def test_a_day_of_a_township_in_english(settings: Settings) -> None:
    text = report_bytes(settings, "day", DAY, "419901001000", language="en").decode()
    assert text.splitlines()[0].strip() == "河东街道 · Day report · 2024-11-07"
    assert "solved" in text


def test_the_same_question_has_the_same_answer(settings: Settings) -> None:
    assert report_bytes(settings, "month", DAY, form="csv") == report_bytes(settings, "month", DAY, form="csv")


def test_an_unknown_area_is_an_error(settings: Settings) -> None:
    with pytest.raises(SanwangError, match="'4199' is no area of the city"):
        report_bytes(settings, "day", DAY, "4199")
