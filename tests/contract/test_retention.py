"""How long things are kept: TTL follows the settings, and what is over age goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.config import Retention
from streams.flow.topics import ALL_TOPICS, FEED_TOPICS, ORDERS, config_of
from streams.warehouse.cluster import on_cluster
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.retention import AGED_BY, TEXTS, keep_for
from streams.warehouse.tables import LEDGER_TABLES, TABLES
from tests.support.embedded_warehouse import embedded_warehouse, fill

FOREVER = Retention(dead_letters_days=0)
SHORT = Retention(texts_days=30, reports_days=60, orders_days=60, dead_letters_days=10, figures_days=5)
PERSONAL = {"text", "address", "caller", "worker", "preview", "detail", "class_reasons", "match_reasons"}


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[EmbeddedWarehouse]:
    with embedded_warehouse(tmp_path / "warehouse") as opened:
        yield opened


def test_the_settings_are_applied_once_changed_and_taken_back(warehouse: EmbeddedWarehouse) -> None:
    assert keep_for(warehouse, FOREVER) == []
    made = keep_for(warehouse, SHORT)
    assert len(made) == len(AGED_BY) + sum(map(len, TEXTS.values()))
    assert keep_for(warehouse, SHORT) == []
    other = keep_for(warehouse, Retention(texts_days=30, reports_days=90, orders_days=60, dead_letters_days=10,
                                          figures_days=5))  # fmt: skip
    assert [statement.split()[2] for statement in other] == [
        "sanwang.events", "sanwang.incidents", "sanwang.incident_corrections",
    ]  # fmt: skip
    keep_for(warehouse, FOREVER)
    assert keep_for(warehouse, FOREVER) == []


def test_over_age_texts_go_before_their_rows_and_then_the_rows(warehouse: EmbeddedWarehouse) -> None:
    """The evening is of 2024."""
    fill(warehouse)
    assert warehouse.query("SELECT count() FROM sanwang.events WHERE text != '' AND caller != 0") != [(0,)]
    days = int(time.time() - 1_730_451_600) // 86_400
    keep_for(warehouse, Retention(texts_days=days - 10, dead_letters_days=days - 10))
    for table in ("events", "incidents", "dead_letters"):
        warehouse.execute(f"OPTIMIZE TABLE sanwang.{table} FINAL")
    assert warehouse.query("SELECT count() FROM sanwang.dead_letters") == [(0,)]
    [(events, texts, callers)] = warehouse.query(
        "SELECT count(), countIf(text != '' OR address != ''), countIf(caller != 0) FROM sanwang.events"
    )
    assert (events, texts, callers) == (6, 0, 0)
    keep_for(warehouse, Retention(reports_days=days - 10))
    warehouse.execute("OPTIMIZE TABLE sanwang.events FINAL")
    assert warehouse.query("SELECT count() FROM sanwang.events") == [(0,)]


def test_every_table_of_the_ledger_has_a_time_by_which_it_ages() -> None:
    assert set(AGED_BY) == {table.name for table in LEDGER_TABLES}
    assert all(TABLES[name].columns[column].startswith("DateTime64") for name, column in AGED_BY.items())


def test_every_column_with_what_people_said_is_one_of_the_texts() -> None:
    personal = {(t.name, column) for t in LEDGER_TABLES for column in PERSONAL & set(t.names)}
    assert personal == {(table, column) for table, columns in TEXTS.items() for column in columns if column in PERSONAL}


def test_topics_that_hold_personal_data_are_kept_for_days() -> None:
    for topic in (*FEED_TOPICS, "events", "events.urgent", "ledger", "dead.letters"):
        assert config_of(topic, 3)["retention.ms"] == str(3 * 86_400_000)
    assert config_of("hotline.calls", 0)["retention.ms"] == "-1"
    assert "retention.ms" not in config_of(ORDERS, 3)
    assert set(FEED_TOPICS) < set(ALL_TOPICS)


def test_on_a_cluster_it_is_the_local_tables_that_keep_and_forget() -> None:
    age = "TTL toDateTime(received_at) + toIntervalDay(9)"
    erasing = "UPDATE text = '' WHERE 1 SETTINGS mutations_sync = 2"
    column = "MODIFY COLUMN text"
    for statement in (f"MODIFY {age}", "REMOVE TTL", f"{column} String {age}", f"{column} REMOVE TTL", erasing):
        rendered = on_cluster(f"ALTER TABLE sanwang.events {statement}", "city")
        assert rendered == [f"ALTER TABLE sanwang.events_local ON CLUSTER 'city' {statement}"]
