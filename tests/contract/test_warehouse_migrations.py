"""Migrations on both warehouses: in order, once each, never silently changed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import WarehouseError
from streams.warehouse.migrate import Migration, migrate, status
from streams.warehouse.port import Warehouse
from streams.warehouse.server import ServerWarehouse
from tests.support.clickhouse_server import PASSWORD, ClickHouseServer, clickhouse_server

KINDS = ["embedded", pytest.param("server", marks=pytest.mark.server)]
FIRST = Migration(
    1, "0001_first.sql", "CREATE TABLE sanwang.a (x UInt8) ENGINE = Memory; INSERT INTO sanwang.a SELECT 1"
)
SECOND = Migration(2, "0002_second.sql", "INSERT INTO sanwang.a SELECT x + 1 FROM sanwang.a")
BROKEN = Migration(
    2, "0002_broken.sql", "INSERT INTO sanwang.a SELECT 9; CREATE TABLE sanwang.b (x NoType) ENGINE = Memory"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with clickhouse_server(tmp_path_factory.mktemp("clickhouse")) as running:
        yield running


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse without any table."""
    if request.param == "embedded":
        with closing(EmbeddedWarehouse(tmp_path / "warehouse")) as opened:
            yield opened
    else:
        running = request.getfixturevalue("server")
        with closing(ServerWarehouse(running.url, PASSWORD, running.http_port)) as opened:
            opened.execute("DROP DATABASE IF EXISTS sanwang")
            yield opened


def values(warehouse: Warehouse) -> list[int]:
    return [x for (x,) in warehouse.query("SELECT x FROM sanwang.a ORDER BY x")]


def test_each_is_applied_once_in_order(empty: Warehouse) -> None:
    assert [state.file for state in migrate(empty, [FIRST])] == ["0001_first.sql"]
    assert [state.file for state in migrate(empty, [FIRST, SECOND])] == ["0002_second.sql"]
    assert migrate(empty, [FIRST, SECOND]) == []
    assert values(empty) == [1, 2]


def test_status_tells_what_is_applied_and_changes_nothing(empty: Warehouse) -> None:
    assert [state.at for state in status(empty, [FIRST, SECOND])] == [None, None]
    migrate(empty, [FIRST])
    first, second = status(empty, [FIRST, SECOND])
    assert first.at is not None
    assert second.at is None


def test_a_dry_run_changes_nothing(empty: Warehouse) -> None:
    assert [state.file for state in migrate(empty, [FIRST, SECOND], dry_run=True)] == [
        "0001_first.sql",
        "0002_second.sql",
    ]
    assert [state.at for state in status(empty, [FIRST, SECOND])] == [None, None]


def test_a_changed_file_is_an_error_that_names_it(empty: Warehouse) -> None:
    migrate(empty, [FIRST])
    changed = FIRST._replace(sql=FIRST.sql + " ")
    with pytest.raises(WarehouseError, match=r"0001_first\.sql has changed since it was applied"):
        migrate(empty, [changed, SECOND])
    assert values(empty) == [1]


def test_a_newer_warehouse_is_an_error(empty: Warehouse) -> None:
    migrate(empty, [FIRST, SECOND])
    with pytest.raises(WarehouseError, match=r"does not know migration 0002_second\.sql"):
        status(empty, [FIRST])


def test_a_failing_statement_is_named_and_its_file_is_taken_up_again(empty: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"0002_broken\.sql, statement 2: (.|\n)*NoType"):
        migrate(empty, [FIRST, BROKEN])
    assert [state.at is None for state in status(empty, [FIRST, BROKEN])] == [False, True]
    migrate(empty, [FIRST, SECOND])
    assert values(empty) == [1, 2, 9, 10]
