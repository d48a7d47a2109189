"""Erasing one person's records from ClickHouse: what was said, where, and by whom; the rows stay, for the account.

The statements name rows by their positions in the log, never the person: ClickHouse keeps a mutation's text on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from streams.warehouse.cluster import execute_on
from streams.warehouse.port import Warehouse
from streams.warehouse.retention import TEXTS

Position = tuple[str, str, int, int]  # log_id, feed, partition, offset
AT_ONCE = 500  # positions in a statement
_EMPTY = {"U": "0", "N": "NULL", "S": "''"}  # by the first letter of a column's type
T = TypeVar("T")
_SETTINGS = "SETTINGS mutations_sync = 2"


class Person(NamedTuple):
    """The rows of one person: of their reports, and of the incidents that these opened."""

    events: Sequence[Position]
    incidents: Sequence[str]


def person(warehouse: Warehouse, caller: int) -> Person:
    """Everything that bears this caller's hash. Raises as the warehouse does."""
    who = {"caller": caller}
    events = warehouse.query(
        "SELECT DISTINCT log_id, feed, source_partition, source_offset, event_id FROM sanwang.events "
        "WHERE caller = {caller:UInt64}", who,
    )  # fmt: skip
    return Person([row[:4] for row in events], [row[4] for row in events])


def erase_rows(
    warehouse: Warehouse, found: Person, dead_letters: Iterable[Position], cluster: str = ""
) -> Mapping[str, int]:
    """Empty the personal columns of these rows; returns how many rows of which table. On return readers see it.

    Old parts are removed from the disk by ClickHouse itself, after `old_parts_lifetime` (8 minutes).
    """
    emptied = dict.fromkeys(("events", "incidents", "dead_letters"), 0)
    letters = list(dead_letters)
    for table, positions in (("events", found.events), ("dead_letters", letters)):
        for part in _parts(positions, AT_ONCE):
            emptied[table] += _empty(warehouse, table, _at(part), cluster)
    for ids in _parts(found.incidents, AT_ONCE):
        quoted = ", ".join(_quoted(one) for one in ids)
        emptied["incidents"] += _empty(warehouse, "incidents", f"incident_id IN ({quoted})", cluster)
    return emptied


def audit(warehouse: Warehouse, case: str, at: int, place: str, records: int, remains: str) -> None:
    """Write one row of `erasures`; `at` in ms UTC."""
    values = f"{_quoted(case)}, fromUnixTimestamp64Milli({at}), {_quoted(place)}, {records}, {_quoted(remains)}"
    warehouse.execute(f"INSERT INTO sanwang.erasures SELECT {values}")


def places_of(warehouse: Warehouse, case: str) -> list[str]:
    """The places in which something was erased for a case before."""
    sql = "SELECT DISTINCT place FROM sanwang.erasures WHERE case_number = {case:String}"
    return [place for (place,) in warehouse.query(sql, {"case": case})]


def _empty(warehouse: Warehouse, table: str, where: str, cluster: str) -> int:
    """Empty the personal columns of these rows; how many there are."""
    [(rows,)] = warehouse.query(f"SELECT count() FROM sanwang.{table} FINAL WHERE {where}")  # noqa: S608 - quoted
    emptied = ", ".join(f"{column} = {_EMPTY[kind[0]]}" for column, kind in TEXTS[table].items())
    execute_on(warehouse, f"ALTER TABLE sanwang.{table} UPDATE {emptied} WHERE {where} {_SETTINGS}", cluster)
    return int(rows)


def _at(positions: Sequence[Position]) -> str:
    places = (f"({_quoted(log)}, {_quoted(feed)}, {part}, {offset})" for log, feed, part, offset in positions)
    return f"(log_id, feed, source_partition, source_offset) IN ({', '.join(places)})"


def _parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
