"""A ClickHouse server that is not there, goes away, comes back."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streams.config import ClickHouse
from streams.errors import SanwangError
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.opening import open_warehouse
from streams.warehouse.packed import pack
from streams.warehouse.select import select
from streams.warehouse.server import ServerWarehouse
from streams.warehouse.tables import EVENTS
from streams.warehouse.writer import Pace, Writer
from tests.support.clickhouse_server import PASSWORD, ClickHouseServer, clickhouse_server, server_warehouse
from tests.support.embedded_warehouse import LOG, evening
from tests.support.ports import free_port

pytestmark = pytest.mark.server


class Failures:
    def __init__(self) -> None:
        self.failed = asyncio.Event()

    def on_insert(self, table: str, rows: int, seconds: float) -> None: ...

    def on_failure(self, table: str) -> None:
        self.failed.set()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with clickhouse_server(tmp_path_factory.mktemp("clickhouse")) as running:
        yield running


def test_nobody_there_is_unavailable() -> None:
    port = free_port()
    with closing(ServerWarehouse(f"clickhouse://127.0.0.1:{port}", http_port=port)) as warehouse:
        with pytest.raises(WarehouseUnavailable, match=f"warehouse at 127.0.0.1:{port}: no answer"):
            warehouse.query("SELECT 1")
        with pytest.raises(WarehouseUnavailable, match=f"no ClickHouse answers HTTP at 127.0.0.1:{port}"):
            warehouse.raw("SELECT 1", "CSV")


@pytest.mark.parametrize("url", ["http://localhost:8123", "clickhouse:///sanwang", "chdb"])
def test_a_url_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(WarehouseError, match="is no warehouse: write clickhouse://"):
        ServerWarehouse(url)


def test_another_database_is_refused() -> None:
    with pytest.raises(WarehouseError, match="the database is always named sanwang"):
        ServerWarehouse("clickhouse://localhost/metrics")


def test_a_wrong_password_is_told_and_not_shown(server: ClickHouseServer) -> None:
    with closing(ServerWarehouse(server.url, "guessed", server.http_port)) as warehouse:
        for ask in (warehouse.execute, lambda sql: warehouse.raw(sql, "CSV")):
            with pytest.raises(WarehouseError) as raised:
                ask("SELECT 1")
            assert "guessed" not in str(raised.value)


def test_settings_open_it_with_a_password_file(server: ClickHouseServer, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\n")
    settings = ClickHouse(url=server.url, password_file=str(secret), http_port=server.http_port)
    with closing(open_warehouse(settings)) as warehouse:
        warehouse.execute("CREATE DATABASE IF NOT EXISTS sanwang")
        assert warehouse.query("SELECT 1") == [(1,)]
    assert select(settings, "SELECT 2", "CSV") == b"2\n"


def test_a_missing_password_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SanwangError, match=r"password file .*secret cannot be read: No such file"):
        open_warehouse(ClickHouse(url="clickhouse://localhost", password_file=str(tmp_path / "secret")))


def test_it_connects_again_after_a_restart(server: ClickHouseServer) -> None:
    with server_warehouse(server) as warehouse:
        server.stop()
        with pytest.raises(WarehouseUnavailable):
            warehouse.insert("all_clears", evening()["all_clears"])
        server.start()
        warehouse.insert("all_clears", evening()["all_clears"])
        assert warehouse.query("SELECT count() FROM sanwang.all_clears") == [(2,)]


async def test_the_writer_waits_for_the_server_and_loses_nothing(server: ClickHouseServer) -> None:
    failures = Failures()
    with server_warehouse(server) as warehouse:
        async with Writer(warehouse, failures, Pace(rest=0.05)) as writer:
            await writer.write({"events": pack(EVENTS, evening()["events"][:2])})
            await asyncio.to_thread(server.stop)
            waiting = asyncio.create_task(writer.write({"events": pack(EVENTS, evening()["events"][2:])}))
            await asyncio.wait_for(failures.failed.wait(), 20)
            assert not waiting.done()
            await asyncio.to_thread(server.start)
            await asyncio.wait_for(waiting, 20)
        found = warehouse.query(
            "SELECT source_offset FROM sanwang.events FINAL WHERE log_id = {log:String}", {"log": LOG}
        )
        assert sorted(found) == [(offset,) for offset in range(6)]
