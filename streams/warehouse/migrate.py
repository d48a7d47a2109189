"""Numbered migrations: SQL files applied in order, once each, remembered with their checksums."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from streams.warehouse.cluster import execute_on
from streams.warehouse.errors import WarehouseError
from streams.warehouse.port import Warehouse
from streams.warehouse.statements import split_statements
from streams.warehouse.tables import DATABASE

FOLDER = Path(__file__).parent / "migrations"
_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_DATABASE = f"CREATE DATABASE IF NOT EXISTS {DATABASE}"
_REMEMBERED = f"""
CREATE TABLE IF NOT EXISTS {DATABASE}.migrations
(number UInt16, file String, checksum String, applied_at DateTime)
ENGINE = MergeTree PARTITION BY tuple() ORDER BY number
""".strip()


class Migration(NamedTuple):
    """One file of statements; `checksum` is the SHA-256 of its text in hex."""

    number: int
    file: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class Applied(NamedTuple):
    """What is known of one migration; `at` is None while it has not been applied."""

    number: int
    file: str
    at: datetime | None


def load_migrations(folder: Path) -> tuple[Migration, ...]:
    """All migrations of a folder by number; raises `WarehouseError` for a gap, a double number or a wrong name."""
    migrations = []
    for number, file in enumerate(sorted(folder.glob("*.sql")), start=1):
        name = _FILE_NAME.fullmatch(file.name)
        if not name or int(name.group(1)) != number:
            raise WarehouseError(f"{file.name}: expected a name like {number:04}_what_it_does.sql")
        migrations.append(Migration(number, file.name, file.read_text("utf-8")))
    return tuple(migrations)


@cache
def our_migrations() -> tuple[Migration, ...]:
    """The migrations that come with this release."""
    return load_migrations(FOLDER)


def status(warehouse: Warehouse, migrations: Sequence[Migration] | None = None) -> list[Applied]:
    """All migrations, applied or not. Raises `WarehouseError` as `migrate` does. Changes nothing."""
    known = our_migrations() if migrations is None else migrations
    remembered = _remembered(warehouse)
    _check(known, remembered)
    return [Applied(m.number, m.file, remembered[m.number][2] if m.number in remembered else None) for m in known]


def migrate(
    warehouse: Warehouse, migrations: Sequence[Migration] | None = None, *, dry_run: bool = False, cluster: str = ""
) -> list[Applied]:
    """Apply what is missing, in order, and return what was (or with `dry_run` would be) applied.

    With the name of a `cluster`, every table is made on all of its servers, see streams/warehouse/cluster.py.
    Raises `WarehouseError` when an applied file has changed since, when the warehouse has migrations that this release
    does not know, or when a statement fails; then the error names the file, and the next run takes it up again.
    """
    known = our_migrations() if migrations is None else migrations
    missing = [state for state in status(warehouse, known) if state.at is None]
    if dry_run or not missing:
        return missing
    for statement in (_DATABASE, _REMEMBERED):
        execute_on(warehouse, statement, cluster)
    by_number = {migration.number: migration for migration in known}
    for state in missing:
        _apply(warehouse, by_number[state.number], cluster)
    numbers = {state.number for state in missing}
    return [state for state in status(warehouse, known) if state.number in numbers]


def _apply(warehouse: Warehouse, migration: Migration, cluster: str) -> None:
    for number, statement in enumerate(split_statements(migration.sql), start=1):
        try:
            execute_on(warehouse, statement, cluster)
        except WarehouseError as error:
            raise WarehouseError(f"{migration.file}, statement {number}: {error}", error.code) from None
    row = f"{migration.number}, '{migration.file}', '{migration.checksum}', now()"
    warehouse.execute(f"INSERT INTO {DATABASE}.migrations SELECT {row}")


def _remembered(warehouse: Warehouse) -> Mapping[int, tuple[str, str, datetime]]:
    exists = warehouse.query(f"SELECT 1 FROM system.tables WHERE database = '{DATABASE}' AND name = 'migrations'")  # noqa: S608
    if not exists:
        return {}
    rows = warehouse.query(f"SELECT number, file, checksum, applied_at FROM {DATABASE}.migrations ORDER BY applied_at")  # noqa: S608
    return {number: (file, checksum, at) for number, file, checksum, at in rows}


def _check(known: Sequence[Migration], remembered: Mapping[int, tuple[str, str, datetime]]) -> None:
    ours = {migration.number: migration for migration in known}
    for number, (file, checksum, _) in sorted(remembered.items()):
        if number not in ours:
            raise WarehouseError(f"this release does not know migration {file} of the warehouse: use a newer one")
        if ours[number].checksum != checksum:
            raise WarehouseError(
                f"{ours[number].file} has changed since it was applied as {file}: restore it and write a new migration"
            )
