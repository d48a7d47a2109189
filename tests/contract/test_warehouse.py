"""What every warehouse does: chDB in process, and a ClickHouse server over the wire (there with reduced tables)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streams.core.decision import Decision
from streams.flow.dead_letters import PUSHED, DeadLetter
from streams.flow.rows import dead_letter_row, event_row
from streams.warehouse.account import ALL_CLEAR_FEED, Outcomes, received_by_outcome
from streams.warehouse.errors import WarehouseError
from streams.warehouse.port import Warehouse
from tests.support.clickhouse_server import ClickHouseServer, clickhouse_server, server_warehouse
from tests.support.embedded_warehouse import LOG, embedded_warehouse, evening, event

KINDS = ["embedded", pytest.param("server", marks=pytest.mark.server)]
SYNTAX_ERROR, UNKNOWN_TABLE = 62, 60
NASTY = "路灯\t'不亮'\\n {x:String} %(y)s 100% \n\"`;--"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with clickhouse_server(tmp_path_factory.mktemp("clickhouse")) as running:
        yield running


@pytest.fixture(params=KINDS)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    if request.param == "embedded":
        with embedded_warehouse(tmp_path / "warehouse") as opened:
            yield opened
    else:
        with server_warehouse(request.getfixturevalue("server")) as opened:
            yield opened


def write_evening(warehouse: Warehouse) -> None:
    for table, rows in evening().items():
        warehouse.insert(table, rows)


def test_a_row_comes_back_as_it_went_in(warehouse: Warehouse) -> None:
    row = event_row(LOG, event(1, text=NASTY), Decision("linked", None), 7)
    warehouse.insert("events", [row])
    columns = "log_id, source_offset, event_id, incident_id, lon, lat, score, class_reasons, life_safety, text, caller"
    assert warehouse.query(f"SELECT {columns} FROM sanwang.events") == [
        (LOG, 1, "hotline:1", "", 113.25, None, 0.5, "路灯; 不亮", False, NASTY, 2**63 - 1)
    ]


def test_arrays_come_back(warehouse: Warehouse) -> None:
    warehouse.insert("incidents", evening()["incidents"][:1])
    [(assists,)] = warehouse.query("SELECT assists FROM sanwang.incidents")
    assert list(assists) == ["E-GA"]


def test_a_block_inserted_twice_counts_once(warehouse: Warehouse) -> None:
    write_evening(warehouse)
    write_evening(warehouse)
    counts = {"events": 6, "incidents": 3, "orders": 3, "dead_letters": 1, "all_clears": 2, "latencies": 3}
    for table, count in counts.items():
        assert warehouse.query(f"SELECT count() FROM sanwang.{table} FINAL") == [(count,)], table


def test_the_highest_revision_is_the_row(warehouse: Warehouse) -> None:
    incidents = evening()["incidents"]
    warehouse.insert("incidents", incidents[1:2])
    warehouse.insert("incidents", incidents[0:1])
    assert warehouse.query("SELECT reports, revision FROM sanwang.incidents FINAL") == [(2, 2)]


def test_the_account_counts_positions_once(warehouse: Warehouse) -> None:
    write_evening(warehouse)
    write_evening(warehouse)
    other_log = event_row("log-2", event(0), Decision("new", None), 0)
    warehouse.insert("events", [other_log])
    pushed = DeadLetter(LOG, PUSHED, 0, 5, "push_refused", "the endpoint answers 422", "", None, None, 0)
    warehouse.insert("dead_letters", [dead_letter_row(pushed)])  # an order is no record of a feed
    assert received_by_outcome(warehouse, LOG) == {
        "hotline": Outcomes(new=1, linked=1, redelivered=1),
        "police": Outcomes(new=1, dead_letters=1),
        "grid": Outcomes(new=1, linked=1),
        ALL_CLEAR_FEED: Outcomes(all_clears=2),
    }


def test_an_account_of_an_unknown_log_is_empty(warehouse: Warehouse) -> None:
    assert received_by_outcome(warehouse, "' OR 1 = 1 --") == {}


@pytest.mark.parametrize("text", [NASTY, "", "'); DROP TABLE x", "\\'"])
def test_parameters_are_values_and_never_sql(warehouse: Warehouse, text: str) -> None:
    assert warehouse.query("SELECT {text:String}, {n:UInt32} % 5", {"text": text, "n": 7}) == [(text, 2)]


def test_no_rows_are_no_insert(warehouse: Warehouse) -> None:
    warehouse.insert("events", [])
    assert warehouse.query("SELECT count() FROM sanwang.events") == [(0,)]


def test_a_short_row_is_refused_and_named(warehouse: Warehouse) -> None:
    rows = [*evening()["events"][:2], ("too", "short")]
    with pytest.raises(WarehouseError, match=r"events: row 2 has 2 values, the table has 32 columns"):
        warehouse.insert("events", rows)
    assert warehouse.query("SELECT count() FROM sanwang.events") == [(0,)]


def test_a_value_of_the_wrong_type_is_refused_and_the_next_insert_works(warehouse: Warehouse) -> None:
    good = evening()["all_clears"]
    bad = [(*good[0][:2], "not a number", *good[0][3:])]
    with pytest.raises(WarehouseError, match="all_clears"):
        warehouse.insert("all_clears", bad)
    warehouse.insert("all_clears", good)
    assert warehouse.query("SELECT count() FROM sanwang.all_clears") == [(2,)]


def test_an_unknown_table_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="'visits' is no table of the warehouse"):
        warehouse.insert("visits", [(1,)])


@pytest.mark.parametrize(("sql", "code"), [("SELECT (1", SYNTAX_ERROR), ("SELECT 1 FROM nosuch", UNKNOWN_TABLE)])
def test_a_wrong_statement_is_an_error_with_the_engines_code(warehouse: Warehouse, sql: str, code: int) -> None:
    for ask in (warehouse.query, warehouse.execute, lambda sql: warehouse.raw(sql, "CSV")):
        with pytest.raises(WarehouseError) as raised:
            ask(sql)
        assert raised.value.code == code
        assert "Stack trace" not in str(raised.value)
    assert warehouse.query("SELECT 1") == [(1,)]


def test_raw_answers_in_any_format(warehouse: Warehouse) -> None:
    sql = "SELECT 1 AS a, '灯' AS b"
    assert warehouse.raw(sql, "CSV") == '1,"灯"\n'.encode()
    assert warehouse.raw(sql, "JSONEachRow") == '{"a":1,"b":"灯"}\n'.encode()
    assert warehouse.raw(f"{sql} FORMAT TabSeparated", "CSV") == "1\t灯\n".encode()


def test_raw_knows_the_tables_without_their_database(warehouse: Warehouse) -> None:
    assert warehouse.raw("SELECT count() FROM events", "CSV") == b"0\n"


def test_threads_insert_and_ask_at_once(warehouse: Warehouse) -> None:
    def work(thread: int) -> int:
        for block in range(5):
            offsets = range(1000 * thread + 100 * block, 1000 * thread + 100 * block + 100)
            warehouse.insert("all_clears", [(LOG, 0, n, str(n), "g", 0, 0) for n in offsets])
            warehouse.query("SELECT count() FROM sanwang.all_clears FINAL")
        return thread

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(work, range(4))) == [0, 1, 2, 3]
    assert warehouse.query("SELECT count() FROM sanwang.all_clears FINAL") == [(2000,)]


def test_closing_twice_does_no_harm(warehouse: Warehouse) -> None:
    warehouse.query("SELECT 1")
    warehouse.close()
    warehouse.close()
