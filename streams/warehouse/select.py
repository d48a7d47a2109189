"""One SQL statement answered wherever the warehouse is: a server, a running worker's process, or a folder at rest."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from streams.config import ClickHouse
from streams.warehouse.ask import HttpDoor
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import FolderInUse, WarehouseError
from streams.warehouse.folder import LOCK_FILE, owner_of
from streams.warehouse.opening import embedded_folder, open_warehouse

#: A table with lines drawn around it, as clickhouse-client shows it.
TABLE_FORMAT = "PrettyCompact"


def select(settings: ClickHouse, sql: str, output_format: str = TABLE_FORMAT) -> bytes:
    """Answer of `sql` in one of ClickHouse's formats.

    Raises `WarehouseError` for a wrong statement or a folder that holds no warehouse, `FolderInUse` when its owner
    answers no HTTP, and `WarehouseUnavailable` when there is no answer.
    """
    folder = embedded_folder(settings)
    if folder is not None:
        return _ask_folder(folder, sql, output_format)
    with closing(open_warehouse(settings)) as warehouse:
        return warehouse.raw(sql, output_format)


def _ask_folder(folder: Path, sql: str, output_format: str) -> bytes:
    if not (folder / LOCK_FILE).exists():
        raise WarehouseError(f"there is no warehouse in {folder} yet: start a worker or the demo first")
    owner = owner_of(folder)
    if owner is None:
        with closing(EmbeddedWarehouse(folder)) as warehouse:
            return warehouse.raw(sql, output_format)
    if not owner.port:
        raise FolderInUse(str(folder), owner.pid, 0)
    return HttpDoor(owner.host, owner.port).ask(sql, output_format)
