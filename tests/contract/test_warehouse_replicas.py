"""Replicas and shards on real servers: two shards, one of them twice, with the reduced tables that Debian's one knows.

What is shown: the rendered statements make the tables everywhere, rows spread and are copied, and rows told twice count
once over all shards. What is not: the current server with Keeper, whose engine only reads these statements elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streams.config import ClickHouse
from streams.warehouse.migrate import Migration, migrate, status
from streams.warehouse.opening import open_warehouse
from streams.warehouse.server import ServerWarehouse
from streams.warehouse.tables import HAND_OVERS, LEDGER_TABLES
from tests.support.clickhouse_server import PASSWORD, reduced_ddl
from tests.support.clickhouse_town import TownServer, clickhouse_town

pytestmark = [pytest.mark.server, pytest.mark.kafka]
NAMES = "CREATE TABLE sanwang.units (code String, name String) ENGINE = ReplacingMergeTree() ORDER BY code"
REDUCED = Migration(1, "0001_reduced.sql", ";\n".join(map(reduced_ddl, LEDGER_TABLES)))
ADDED = Migration(2, "0002_names.sql", NAMES)
ROWS = 200


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[TownServer]]:
    """A town whose first migration one server was told, and the second another."""
    folder = tmp_path_factory.mktemp("town")
    with clickhouse_town(folder) as running:
        with closing(at(running[0], folder / "password")) as a, closing(at(running[2], folder / "password")) as c:
            assert [state.number for state in migrate(a, [REDUCED], cluster="town")] == [1]
            until(lambda: [state.at is None for state in status(c, [REDUCED, ADDED])] == [False, True])
            assert [state.number for state in migrate(c, [REDUCED, ADDED], cluster="town")] == [2]
        yield running


def at(server: TownServer, password_file: Path) -> ServerWarehouse:
    """The warehouse through one server, as the settings of a worker name it."""
    password_file.write_text(PASSWORD)
    settings = ClickHouse(
        url=server.url, password_file=str(password_file), http_port=server.http_port, cluster="town"
    )  # fmt: skip
    opened = open_warehouse(settings)
    assert isinstance(opened, ServerWarehouse)
    return opened


def hand_over(number: int, revision: int) -> tuple[object, ...]:
    return (f"hotline:{number}", "12345", "110", "danger", 1_730_451_600_000, 1_730_451_600_000, None, revision)


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_rows_spread_over_shards_are_copied_and_count_once(servers: list[TownServer], tmp_path: Path) -> None:
    first, second, third = servers
    with (
        closing(at(first, tmp_path / "a")) as a, closing(at(second, tmp_path / "b")) as b,
        closing(at(third, tmp_path / "c")) as c,
    ):  # fmt: skip
        a.insert(HAND_OVERS.name, [hand_over(number, 1) for number in range(ROWS)])
        b.insert(HAND_OVERS.name, [hand_over(number, 2) for number in range(ROWS)])  # each told again, acknowledged
        c.insert(HAND_OVERS.name, [hand_over(number, 2) for number in range(ROWS)])  # and once more

        once = "SELECT count(), countDistinct(incident_id), sum(revision) FROM sanwang.hand_overs FINAL"
        for warehouse in (a, b, c):
            until(lambda asked=warehouse: asked.query(once) == [(ROWS, ROWS, 2 * ROWS)])  # type: ignore[misc]
        here = "SELECT countDistinct(incident_id) FROM sanwang.hand_overs_local"
        [(at_a,)], [(at_b,)], [(at_c,)] = a.query(here), b.query(here), c.query(here)
        assert at_a == at_b
        assert at_a + at_c == ROWS
        assert min(at_a, at_c) > ROWS / 4

        a.execute("INSERT INTO sanwang.units SELECT 'FIR-01', '消防一站'")
        for warehouse in (b, c):
            until(lambda asked=warehouse: asked.query("SELECT code FROM sanwang.units") == [("FIR-01",)])  # type: ignore[misc]


def test_one_replica_is_enough(servers: list[TownServer], tmp_path: Path) -> None:
    first, second, _ = servers
    with closing(at(second, tmp_path / "b")) as b:
        every = "SELECT count() FROM sanwang.hand_overs FINAL"
        [(before,)] = b.query(every)
        first.stop()
        b.insert(HAND_OVERS.name, [hand_over(number, 1) for number in range(ROWS, 2 * ROWS)])
        assert b.query(every) == [(before + ROWS,)]
        first.start()
    with closing(at(first, tmp_path / "a")) as a:
        until(lambda: a.query(every) == [(before + ROWS,)])
        mine = "SELECT countDistinct(incident_id) FROM sanwang.hand_overs_local"
        with closing(at(second, tmp_path / "b")) as b:
            until(lambda: a.query(mine) == b.query(mine))
