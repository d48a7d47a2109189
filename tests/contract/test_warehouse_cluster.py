"""The migrations on a cluster: what is rendered, that the current engine reads it, and that every view stays right.

The engine in this process has no Keeper and no other servers. So here Distributed tables lie over plain local ones, on
a cluster of one; that replicas and shards fill each other is shown on real servers in test_warehouse_replicas.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import chdb.session
import pytest

from streams.warehouse.cluster import EVERYWHERE, on_cluster
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import WarehouseError
from streams.warehouse.migrate import migrate, our_migrations
from streams.warehouse.statements import split_statements
from streams.warehouse.tables import TABLES
from tests.support.embedded_warehouse import embedded_warehouse, fill

STATEMENTS = [text for migration in our_migrations() for text in split_statements(migration.sql)]
RENDERED = [rendered for text in STATEMENTS for rendered in on_cluster(text, "town")]
ONE_SERVER = """
<clickhouse>
  <tcp_port>19000</tcp_port>
  <remote_servers><town><shard><internal_replication>true</internal_replication>
    <replica><host>127.0.0.1</host><port>19000</port></replica>
  </shard></town></remote_servers>
</clickhouse>
"""
_REPLICATED = re.compile(r"Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?")


class WithoutKeeper(EmbeddedWarehouse):
    """Takes statements for a cluster, less what needs Keeper."""

    def execute(self, sql: str) -> None:
        super().execute(_REPLICATED.sub(r"\1(", sql.replace(" ON CLUSTER 'town'", "")))


@contextmanager
def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WithoutKeeper]:
    """A warehouse on a cluster of one; `folder` is made."""
    folder.mkdir()
    config = folder / "config.xml"
    config.write_text(ONE_SERVER)
    options = f"config-file={config}&distributed_product_mode=global&distributed_foreground_insert=1"
    plain = chdb.session.Session
    monkeypatch.setattr("chdb.session.Session", lambda path: plain(f"{path}?{options}"))
    with closing(WithoutKeeper(folder / "warehouse")) as warehouse:
        migrate(warehouse, cluster="town")
        yield warehouse


def test_a_table_becomes_a_replicated_one_and_one_over_all_shards() -> None:
    sql = "CREATE TABLE IF NOT EXISTS sanwang.a (x UInt8, y UInt8) ENGINE = ReplacingMergeTree(y) ORDER BY (x, y)"
    assert on_cluster(sql, "town") == [
        (
            "CREATE TABLE IF NOT EXISTS sanwang.a_local ON CLUSTER 'town' (x UInt8, y UInt8) "
            "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/sanwang/{shard}/a', '{replica}', y) ORDER BY (x, y)"
        ),
        (
            "CREATE TABLE IF NOT EXISTS sanwang.a ON CLUSTER 'town' AS sanwang.a_local "
            "ENGINE = Distributed('town', sanwang, a_local, cityHash64(x, y))"
        ),
    ]


def test_names_are_whole_on_every_server() -> None:
    sql = "CREATE TABLE sanwang.units (code String) ENGINE = ReplacingMergeTree ORDER BY code"
    [rendered] = on_cluster(sql, "town")
    assert rendered == (
        "CREATE TABLE sanwang.units ON CLUSTER 'town' (code String) "
        "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/sanwang/all/units', '{shard}-{replica}') ORDER BY code"
    )


def test_columns_are_added_to_both_tables_and_the_rest_where_the_rows_are() -> None:
    assert on_cluster("ALTER TABLE sanwang.a ADD COLUMN z UInt8", "town") == [
        "ALTER TABLE sanwang.a_local ON CLUSTER 'town' ADD COLUMN z UInt8",
        "ALTER TABLE sanwang.a ON CLUSTER 'town' ADD COLUMN z UInt8",
    ]
    assert on_cluster("ALTER TABLE sanwang.a MODIFY TTL x + INTERVAL 1 DAY", "town") == [
        "ALTER TABLE sanwang.a_local ON CLUSTER 'town' MODIFY TTL x + INTERVAL 1 DAY"
    ]


def test_what_is_not_of_one_server_goes_as_it_is() -> None:
    for sql in ("INSERT INTO sanwang.migrations SELECT 1", "GRANT SELECT ON sanwang.* TO a", "CREATE ROLE a"):
        assert on_cluster(sql, "town") == [sql]


def test_a_statement_without_a_rule_is_an_error() -> None:
    with pytest.raises(WarehouseError, match="no rule says how to run this on cluster 'town'"):
        on_cluster("CREATE DICTIONARY sanwang.d (x UInt8) PRIMARY KEY x", "town")
    with pytest.raises(WarehouseError, match="no plain ORDER BY"):
        on_cluster("CREATE TABLE sanwang.a (x UInt8) ENGINE = MergeTree ORDER BY tuple()", "town")


def test_every_migration_has_a_rule_and_every_table_is_replicated() -> None:
    made = {name: sql for sql in RENDERED if (name := re.match(r"CREATE TABLE IF NOT EXISTS sanwang\.(\w+)", sql))}
    names = {name[1]: sql for name, sql in made.items()}
    for table in TABLES:
        assert "ENGINE = Replicated" in names[table if table in EVERYWHERE else f"{table}_local"]
    paths = re.findall(r"Replicated\w+\('([^']+)'", " ".join(RENDERED))
    assert len(paths) == len(set(paths)) >= len(TABLES)


def test_the_current_engine_reads_every_statement(tmp_path: Path) -> None:
    with closing(EmbeddedWarehouse(tmp_path / "warehouse")) as warehouse:
        for sql in RENDERED:
            if not sql.startswith("INSERT"):
                assert warehouse.raw(f"EXPLAIN AST {sql}", "TSV")


def test_every_view_says_the_same_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded_warehouse(tmp_path / "plain") as warehouse:
        fill(warehouse, 2)
        expected = figures(warehouse)
    with town(tmp_path / "town", monkeypatch) as warehouse:
        fill(warehouse, 2)
        assert figures(warehouse) == expected
        count = "SELECT count() FROM system.tables WHERE database = 'sanwang' AND engine = 'Distributed'"
        besides = {"board_audit", "erasures"}  # no ledger's: written by the board and the eraser
        assert warehouse.query(count) == [(len(TABLES.keys() - EVERYWHERE | besides),)]
    assert expected["account"]
    assert expected["latest_incidents"]


def figures(warehouse: EmbeddedWarehouse) -> Mapping[str, list[tuple[Any, ...]]]:
    """The rows of every view and of every table."""
    listed = "SELECT name FROM system.tables WHERE database = 'sanwang' AND engine = 'View'"
    views = [name for (name,) in warehouse.query(listed)]
    asked = {view: f"SELECT * FROM sanwang.{view}" for view in views}
    asked |= {table: f"SELECT * FROM sanwang.{table} FINAL" for table in TABLES}
    return {name: sorted(warehouse.query(sql), key=repr) for name, sql in asked.items()}


def test_status_and_migrations_work_on_a_cluster_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with town(tmp_path / "town", monkeypatch) as warehouse:
        assert migrate(warehouse, cluster="town") == []
