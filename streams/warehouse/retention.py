"""How long ClickHouse keeps what: the settings' days as TTL of tables and of columns with personal text.

ClickHouse drops what is over age when it merges parts. A replayed file's reports have their own times: what counts for
events is when they were received, for incidents and orders when the matter was opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.config import Retention
from streams.warehouse.cluster import execute_on
from streams.warehouse.port import Warehouse
from streams.warehouse.tables import DATABASE

#: The time by which each table's rows age.
AGED_BY: Mapping[str, str] = {
    "events": "received_at",
    "incidents": "opened_at",
    "incident_corrections": "corrected_at",
    "orders": "opened_at",
    "order_steps": "issued_at",
    "supervision": "at",
    "hand_overs": "opened_at",
    "warnings": "raised_at",
    "dead_letters": "received_at",
    "all_clears": "received_at",
    "latencies": "received_at",
    "receipts": "received_at",
}
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "reports_days": ("events", "incidents", "incident_corrections"),
    "orders_days": ("orders", "order_steps", "supervision", "hand_overs", "warnings"),
    "dead_letters_days": ("dead_letters",),
    "figures_days": ("all_clears", "latencies", "receipts"),
}
#: Columns that hold what somebody said, where they are or who they are, with their types as the migrations have them.
TEXTS: Mapping[str, Mapping[str, str]] = {
    "events": {
        "text": "String CODEC(ZSTD(1))",
        "address": "String CODEC(ZSTD(1))",
        "class_reasons": "String CODEC(ZSTD(1))",
        "match_reasons": "String CODEC(ZSTD(1))",
        "caller": "UInt64",
        "lon": "Nullable(Float64)",
        "lat": "Nullable(Float64)",
    },
    "incidents": {
        "text": "String CODEC(ZSTD(1))",
        "address": "String CODEC(ZSTD(1))",
        "lon": "Nullable(Float64)",
        "lat": "Nullable(Float64)",
    },
    "incident_corrections": {"reason": "String CODEC(ZSTD(1))"},
    "order_steps": {"reason": "String CODEC(ZSTD(1))"},
    "dead_letters": {"detail": "String CODEC(ZSTD(1))", "preview": "String CODEC(ZSTD(1))"},
}


_NO_CLOCK = "toDateTime64('2000-01-01', 3)"


class _Rule(NamedTuple):
    """One TTL: of a table, or of a column where there is one."""

    table: str
    column: str
    days: int

    @property
    def ttl(self) -> str:
        # A record whose producer had no clock says 1970: its dead letter must not go before anybody has seen it.
        time = AGED_BY[self.table]
        return f"if({time} < {_NO_CLOCK}, toDateTime('2040-01-01'), toDateTime({time})) + toIntervalDay({self.days})"

    def statement(self) -> str:
        """What makes the table keep this rule."""
        table = f"ALTER TABLE {DATABASE}.{self.table}"
        if not self.column:
            return f"{table} MODIFY TTL {self.ttl}" if self.days else f"{table} REMOVE TTL"
        kind = TEXTS[self.table][self.column]
        return f"{table} MODIFY COLUMN {self.column} " + (f"{kind} TTL {self.ttl}" if self.days else "REMOVE TTL")


def keep_for(warehouse: Warehouse, retention: Retention, cluster: str = "") -> list[str]:
    """Bring the tables' TTL in line with the settings; returns the statements that were needed.

    Raises as the warehouse does. Data that is over age by now goes with ClickHouse's next merges.
    """
    made = dict(warehouse.query(f"SELECT name, create_table_query FROM system.tables WHERE database = '{DATABASE}'"))  # noqa: S608
    suffix = "_local" if cluster else ""
    changes = [rule.statement() for rule in _rules(retention) if not _holds(rule, made.get(rule.table + suffix, ""))]
    for change in changes:
        execute_on(warehouse, change, cluster)
    return changes


def _rules(retention: Retention) -> Iterator[_Rule]:
    for setting, tables in _GROUPS.items():
        yield from (_Rule(table, "", getattr(retention, setting)) for table in tables)
    for table, columns in TEXTS.items():
        yield from (_Rule(table, column, retention.texts_days) for column in columns)


def _holds(rule: _Rule, made: str) -> bool:
    """Whether a table was made, or changed, so that the rule holds; one that is not there needs nothing."""
    columns, _, rest = made.partition("ENGINE = ")
    found = _of_column(columns, rule.column) if rule.column else rest
    return not made or (rule.ttl in found if rule.days else " TTL " not in found)


def _of_column(columns: str, column: str) -> str:
    """The definition of one column, from its name up to the next column's."""
    _, _, after = columns.partition(f"`{column}` ")
    return after.partition(", `")[0]
