"""ClickHouse's HTTP interface over the embedded engine, as curl, clickhouse-connect and `sanwang sql` use it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import clickhouse_connect
import lz4.frame
import pytest

from streams.config import ClickHouse
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import FolderInUse, WarehouseError
from streams.warehouse.folder import owner_of
from streams.warehouse.http import HttpInterface
from streams.warehouse.select import select
from tests.support.embedded_warehouse import embedded_warehouse, fill
from tests.support.ports import free_port

AREA_ROW = b'9,"name\'s; FORMAT x",city,,1.5,,3\n'


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[EmbeddedWarehouse]:
    with embedded_warehouse(tmp_path / "warehouse") as opened:
        fill(opened)
        yield opened


@pytest.fixture
async def port(warehouse: EmbeddedWarehouse) -> AsyncIterator[int]:
    interface = HttpInterface(warehouse)
    yield await interface.start(0)
    await interface.stop()


@pytest.fixture
async def http(port: int) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


async def test_ping_and_an_empty_request_say_ok(http: aiohttp.ClientSession) -> None:
    for path in ("/ping", "/"):
        async with http.get(path) as response:
            assert (response.status, await response.text()) == (200, "Ok.\n")


async def test_a_query_in_the_address(http: aiohttp.ClientSession) -> None:
    async with http.get("/", params={"query": "SELECT version(), timezone()"}) as response:
        assert response.headers["X-ClickHouse-Format"] == "TabSeparated"
        assert response.headers["Content-Type"] == "text/tab-separated-values; charset=UTF-8"
        version, zone = (await response.text()).split("\t")
        assert version.split(".")[0].isdigit()
        assert zone.strip()


@pytest.mark.parametrize(
    ("params", "headers", "sql", "answer"),
    [
        ({}, {}, "SELECT 1, '灯'", "1\t灯\n"),
        ({"default_format": "CSV"}, {}, "SELECT 1, '灯'", '1,"灯"\n'),
        ({}, {"X-ClickHouse-Format": "JSONCompactEachRow"}, "SELECT 1, '灯'", '[1, "灯"]\n'),
        ({"default_format": "CSV"}, {}, "SELECT 1 FORMAT TSVWithNames", "1\n1\n"),
        ({"query": "SELECT 1 +"}, {}, "2", "3\n"),
        ({"param_a": "x\\ty", "param_n": "2"}, {}, "SELECT {a:String}, {n:UInt8} + 1 FORMAT CSV", '"x\ty",3\n'),
        ({"database": "system"}, {}, "SELECT count() > 0 FROM tables", "1\n"),
        ({}, {"X-ClickHouse-Database": "system"}, "SELECT currentDatabase()", "system\n"),
        ({"max_block_size": "7"}, {}, "SELECT value FROM system.settings WHERE name = 'max_block_size'", "7\n"),
        ({}, {}, "SELECT count() FROM events", "6\n"),
    ],
)
async def test_a_query_in_the_body(
    http: aiohttp.ClientSession, params: dict[str, str], headers: dict[str, str], sql: str, answer: str
) -> None:
    async with http.post("/", params=params, headers=headers, data=sql.encode()) as response:
        assert await response.text() == answer
        assert response.status == 200


async def test_settings_last_for_one_request(http: aiohttp.ClientSession) -> None:
    sql = b"SELECT changed FROM system.settings WHERE name = 'max_block_size'"
    async with http.post("/", params={"max_block_size": "7"}, data=sql) as response:
        assert await response.text() == "1\n"
    async with http.post("/", data=sql) as response:
        assert await response.text() == "0\n"


async def test_json_for_grafana(http: aiohttp.ClientSession) -> None:
    async with http.post("/", data=b"SELECT feed, reports FROM reports_per_minute LIMIT 1 FORMAT JSON") as response:
        assert response.content_type == "application/json"
        answer = json.loads(await response.text())
        assert [column["name"] for column in answer["meta"]] == ["feed", "reports"]
        assert answer["rows"] == 1


@pytest.mark.parametrize(
    ("params", "sql", "status", "code"),
    [
        ({}, "SELECT (1", 400, "62"),
        ({}, "SELECT * FROM nosuch", 404, "60"),
        ({}, "SELECT nosuch FROM events", 404, "47"),
        ({}, "SELECT throwIf(1)", 500, "395"),
        ({"database": "nosuch"}, "SELECT 1", 404, "81"),
        ({"database": "a`; DROP"}, "SELECT 1", 400, "62"),
        ({"no_such_setting": "1"}, "SELECT 1", 404, "115"),
    ],
)
async def test_errors_have_a_status_the_engines_text_and_its_code(
    http: aiohttp.ClientSession, params: dict[str, str], sql: str, status: int, code: str
) -> None:
    async with http.post("/", params=params, data=sql.encode()) as response:
        assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (status, code)
        assert await response.text()


async def test_bytes_that_are_no_text_are_refused(http: aiohttp.ClientSession) -> None:
    async with http.post("/", data=b"SELECT '\xff\xfe'") as response:
        assert response.status == 400
        assert "no UTF-8" in await response.text()


@pytest.mark.parametrize(
    ("params", "body"),
    [
        ({"query": "INSERT INTO areas FORMAT CSV"}, AREA_ROW),
        ({}, b"INSERT INTO sanwang.areas (code, name, level, parent, lon, lat, population) FORMAT CSV\n" + AREA_ROW),
        ({}, b"INSERT INTO areas VALUES ('9', 'name\\'s; FORMAT x', 'city', '', 1.5, NULL, 3)"),
    ],
)
async def test_rows_can_be_inserted(http: aiohttp.ClientSession, params: dict[str, str], body: bytes) -> None:
    async with http.post("/", params=params, data=body) as response:
        assert response.status == 200, await response.text()
    async with http.post("/", data=b"SELECT * FROM areas WHERE code = '9' FORMAT CSV") as response:
        assert await response.text() == '"9","name\'s; FORMAT x","city","",1.5,\\N,3\n'


async def test_a_packed_body_is_unpacked(http: aiohttp.ClientSession) -> None:
    headers = {"Content-Encoding": "lz4"}
    async with http.post("/", data=lz4.frame.compress(b"SELECT 5"), headers=headers) as response:
        assert await response.text() == "5\n"
    async with http.post("/", data=b"SELECT 5", headers=headers) as response:
        assert response.status == 400
        assert "no lz4" in await response.text()


async def test_get_changes_nothing(http: aiohttp.ClientSession) -> None:
    async with http.get("/", params={"query": "DROP TABLE events"}) as response:
        assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (403, "164")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Host": "rebound.example"}])
async def test_pages_of_other_sites_are_turned_away(http: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    async with http.post("/", data=b"SELECT 1", headers=headers) as response:
        assert response.status == 403


async def test_several_ask_while_rows_come_in(http: aiohttp.ClientSession, warehouse: EmbeddedWarehouse) -> None:
    async def ask() -> str:
        async with http.post("/", data=b"SELECT count() FROM incidents FINAL") as response:
            return await response.text()

    inserting = asyncio.to_thread(fill, warehouse, 5)
    *answers, _ = await asyncio.gather(*(ask() for _ in range(20)), inserting)
    assert answers == ["3\n"] * 20


async def test_clickhouse_connect_reads_and_writes(port: int) -> None:
    def use() -> None:
        client = clickhouse_connect.get_client(host="127.0.0.1", port=port, database="sanwang")
        try:
            sql = "SELECT feed, count() FROM events FINAL WHERE outcome = {o:String} GROUP BY feed ORDER BY feed"
            assert client.query(sql, parameters={"o": "new"}).result_rows == [
                ("grid", 1),
                ("hotline", 1),
                ("police", 1),
            ]
            client.insert("areas", [["9", "新区", "city", "", None, 1.0, 5]], column_names="*")
            assert client.command("SELECT name FROM areas WHERE code = '9'") == "新区"
            with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError, match="code: 60"):
                client.query("SELECT * FROM nosuch")
        finally:
            client.close()

    await asyncio.to_thread(use)


async def test_another_process_asks_the_owner(port: int, warehouse: EmbeddedWarehouse) -> None:
    owner = owner_of(warehouse.folder)
    assert owner
    assert owner.port == port
    code = (
        "import sys; from streams.config import ClickHouse; from streams.warehouse.select import select;"
        "sys.stdout.buffer.write(select(ClickHouse(url=sys.argv[1]), sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, f"embedded:{warehouse.folder}", "SELECT count() AS events FROM events"]
    asked = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=True)
    assert "events" in asked.stdout
    assert "│      6 │" in asked.stdout


async def test_errors_reach_the_other_process(port: int, warehouse: EmbeddedWarehouse) -> None:
    settings = ClickHouse(url=f"embedded:{warehouse.folder}")
    with pytest.raises(WarehouseError, match="nosuch") as raised:
        await asyncio.to_thread(select, settings, "SELECT * FROM nosuch")
    assert raised.value.code == 60


async def test_after_stop_nobody_is_sent_there(warehouse: EmbeddedWarehouse) -> None:
    interface = HttpInterface(warehouse)
    await interface.start(0)
    await interface.stop()
    await interface.stop()
    with pytest.raises(FolderInUse):
        await asyncio.to_thread(select, ClickHouse(url=f"embedded:{warehouse.folder}"), "SELECT 1")


async def test_a_taken_port_is_told(port: int, warehouse: EmbeddedWarehouse) -> None:
    with pytest.raises(WarehouseError, match=f"cannot answer HTTP on 127.0.0.1:{port}"):
        await HttpInterface(warehouse).start(port)
    assert (
        await asyncio.to_thread(select, ClickHouse(url=f"embedded:{warehouse.folder}"), "SELECT 1", "CSV")
    ) == b"1\n"


async def test_a_chosen_port_is_used(warehouse: EmbeddedWarehouse) -> None:
    chosen = free_port()
    interface = HttpInterface(warehouse)
    assert await interface.start(chosen) == chosen
    await interface.stop()
