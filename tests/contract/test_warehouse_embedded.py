"""The embedded warehouse's own ways: the folder and its owner, times, the layouts, a full disk."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.config import ClickHouse
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import FolderInUse, WarehouseError, WarehouseUnavailable
from streams.warehouse.folder import owner_of
from streams.warehouse.opening import open_warehouse
from streams.warehouse.port import Warehouse
from streams.warehouse.select import select
from streams.warehouse.tables import TABLES
from tests.support.clickhouse_server import IDENTITIES
from tests.support.embedded_warehouse import START, embedded_warehouse, evening

HOLD = """
import sys
from pathlib import Path
from streams.warehouse.embedded import EmbeddedWarehouse
warehouse = EmbeddedWarehouse(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""
FILL_DISK = """
import os
import sys
from pathlib import Path
from streams.warehouse.errors import WarehouseUnavailable
from tests.support.embedded_warehouse import embedded_warehouse, evening
rows = evening()["all_clears"]
with embedded_warehouse(Path(sys.argv[1])) as warehouse:
    ballast = open(sys.argv[1] + "/ballast", "wb", buffering=0)
    try:
        while True:
            ballast.write(bytes(65536))
    except OSError:
        pass
    try:
        warehouse.insert("all_clears", [(*rows[0][:3], os.urandom(64).hex(), *rows[0][4:])] * 20000)
        print("inserted")
    except WarehouseUnavailable as error:
        print("unavailable:", "the disk is full" in str(error))
    ballast.close()
    os.unlink(sys.argv[1] + "/ballast")
    warehouse.insert("all_clears", rows)
    print("rows", warehouse.query("SELECT count() FROM sanwang.all_clears"))
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with embedded_warehouse(tmp_path / "warehouse") as opened:
        yield opened


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder `held`."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "held")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_the_tables_have_the_columns_and_identities_that_the_layouts_name(warehouse: Warehouse) -> None:
    for table in TABLES.values():
        columns = warehouse.query(
            "SELECT name FROM system.columns WHERE database = 'sanwang' AND table = {table:String} "
            "AND default_kind = '' ORDER BY position",
            {"table": table.name},
        )
        assert tuple(name for (name,) in columns) == table.names, table.name
        [(key, engine)] = warehouse.query(
            "SELECT sorting_key, engine_full FROM system.tables WHERE database = 'sanwang' AND name = {table:String}",
            {"table": table.name},
        )
        identity, version = IDENTITIES.get(table.name, ("code", ""))
        assert key == identity
        assert engine.startswith(f"ReplacingMergeTree({version})" if version else "ReplacingMergeTree "), table.name


def test_times_are_milliseconds_and_shown_in_the_citys_zone(warehouse: Warehouse) -> None:
    warehouse.insert("all_clears", evening()["all_clears"][:1])
    assert warehouse.query("SELECT at, received_at FROM sanwang.all_clears") == [
        (datetime.fromtimestamp(START / 1000, UTC), datetime.fromtimestamp(START / 1000 + 0.05, UTC))
    ]
    assert warehouse.raw("SELECT received_at FROM all_clears", "TSV") == b"2024-11-01 17:00:00.050\n"


def test_areas_above_are_filled_in(warehouse: Warehouse) -> None:
    warehouse.insert("events", evening()["events"][:1])
    assert warehouse.query("SELECT county, township FROM sanwang.events") == [("419901000000", "419901001000")]


def test_a_second_opening_finds_the_firsts_rows(tmp_path: Path) -> None:
    for _ in range(2):
        with embedded_warehouse(tmp_path / "warehouse") as warehouse:
            warehouse.insert("all_clears", evening()["all_clears"])
    with embedded_warehouse(tmp_path / "warehouse") as warehouse:
        assert warehouse.query("SELECT count(), uniqExact(source_offset) FROM sanwang.all_clears") == [(4, 2)]


def test_a_folder_in_use_names_the_process(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(FolderInUse, match=f"held is in use by process {holder.pid}$") as raised:
        EmbeddedWarehouse(tmp_path / "held")
    assert (raised.value.pid, raised.value.port) == (holder.pid, 0)
    with pytest.raises(FolderInUse, match=f"process {holder.pid}"):
        select(ClickHouse(url=f"embedded:{tmp_path / 'held'}"), "SELECT 1")


def test_a_killed_owner_frees_the_folder(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    (tmp_path / "held" / "http.json").write_text(f'{{"pid": {holder.pid}, "host": "127.0.0.1", "port": 1}}')
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert owner_of(tmp_path / "held") is None
    assert select(ClickHouse(url=f"embedded:{tmp_path / 'held'}"), "SELECT 1", "CSV") == b"1\n"


def test_one_process_has_one_warehouse_at_a_time(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        EmbeddedWarehouse(tmp_path / "warehouse")
    with pytest.raises(WarehouseError, match="already initialized with path"):
        EmbeddedWarehouse(tmp_path / "another")
    warehouse.close()
    with closing(EmbeddedWarehouse(tmp_path / "another")) as another:
        assert another.query("SELECT 1") == [(1,)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseUnavailable, match="cannot be used: Not a directory"):
        EmbeddedWarehouse(tmp_path / "file" / "warehouse")


def test_a_question_mark_in_the_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="question mark"):
        EmbeddedWarehouse(tmp_path / "what?mode=ro")


def test_settings_open_it(tmp_path: Path) -> None:
    with closing(open_warehouse(ClickHouse(url=f"embedded:{tmp_path / 'w'}"))) as warehouse:
        assert warehouse.query("SELECT 1") == [(1,)]


def test_asking_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no warehouse in .*w yet: start a worker or the demo first"):
        select(ClickHouse(url=f"embedded:{tmp_path / 'w'}"), "SELECT 1")
    assert not (tmp_path / "w").exists()


def test_a_full_disk_is_unavailable_and_nothing_of_the_block_is_kept(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here: needs util-linux's unshare and user namespaces")
    script = 'mount -t tmpfs -o size=48m tmpfs "$1" && exec "$2" -c "$3" "$1"'
    disk = tmp_path / "disk"
    disk.mkdir()
    run = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(disk), sys.executable, FILL_DISK],
        capture_output=True, text=True, timeout=120, env=os.environ | {"PYTHONPATH": "."},
    )  # fmt: skip
    assert run.stdout.splitlines() == ["unavailable: True", "rows [(2,)]"], run.stderr
