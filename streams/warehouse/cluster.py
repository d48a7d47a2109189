"""The migrations on a cluster: the same files, rendered so that every table is replicated and the large ones sharded.

A table of the ledger becomes two: `events_local`, which each shard's replicas share through Keeper, and `events`, which
is Distributed over them and bears the name that everybody reads and writes. A row's shard follows from the table's
sorting key, which is its identity: rows that replace each other meet on one shard, so FINAL stays right. The small
tables behind the codes are whole on every server, so that joins with them stay at home.
"""

from __future__ import annotations

import re

from streams.warehouse.errors import WarehouseError
from streams.warehouse.port import Warehouse
from streams.warehouse.tables import AREAS, DATABASE, ITEMS, UNITS

#: Tables that every server of every shard has whole.
EVERYWHERE = frozenset({"migrations", "viewers", *(table.name for table in (ITEMS, AREAS, UNITS))})
#: In Keeper; {shard} and {replica} are macros of each server. Where all servers share a table, its shard is part of the
#: replica's name.
_PATH = f"/clickhouse/{DATABASE}/{{shard}}/%s', '{{replica}}"
_PATH_EVERYWHERE = f"/clickhouse/{DATABASE}/all/%s', '{{shard}}-{{replica}}"

_HEAD = re.compile(
    rf"(?P<head>CREATE (?:DATABASE|TABLE)(?: IF NOT EXISTS)?|CREATE(?: OR REPLACE)? VIEW(?: IF NOT EXISTS)?|"
    rf"ALTER TABLE|DROP (?:TABLE|VIEW)(?: IF EXISTS)?)\s+"
    rf"(?P<name>{DATABASE}(?:\.(?P<table>\w+))?)\b",
)
_ENGINE = re.compile(r"\bENGINE = (?P<kind>\w*MergeTree)(?:\((?P<arguments>[^()]*)\))?")
_ORDER = re.compile(r"\bORDER BY (?:\((?P<columns>[^()]+)\)|(?P<column>\w+))\s*(?:SETTINGS\b.*)?$", re.DOTALL)
_COLUMN = re.compile(r"\s+(?:ADD|DROP|RENAME|MODIFY) COLUMN\b(?!.*\bTTL\b)", re.DOTALL)  # both tables have columns
#: Rows are inserted once, by one server; roles and the like are replicated by the servers themselves (see
#: deploy/clickhouse/cluster.xml).
_AS_IT_IS = re.compile(r"INSERT |(?:CREATE|ALTER|DROP) (?:ROLE|USER|ROW POLICY|SETTINGS PROFILE|QUOTA)|GRANT |REVOKE ")


def on_cluster(statement: str, cluster: str) -> list[str]:
    """The statements that do on all servers of `cluster` what `statement` does on one.

    Raises `WarehouseError` for a kind of statement that no rule covers: better not migrated than on one server only.
    """
    if _AS_IT_IS.match(statement):
        return [statement]
    head = _HEAD.match(statement)
    if not head:
        raise WarehouseError(f"no rule says how to run this on cluster {cluster!r}: {statement[:80]!r}")
    table, rest = head["table"], statement[head.end() :]
    everywhere = f" ON CLUSTER '{cluster}'"
    if "TABLE" not in head["head"] or table in EVERYWHERE:
        return [f"{head['head']} {head['name']}{everywhere}{_replicated(rest, table)}"]
    local = f"{head['name']}_local"
    if not head["head"].startswith("CREATE"):
        tables = (local, head["name"]) if head["head"].startswith("DROP") or _COLUMN.match(rest) else (local,)
        return [f"{head['head']} {name}{everywhere}{rest}" for name in tables]
    spread = f"ENGINE = Distributed('{cluster}', {DATABASE}, {table}_local, {_shard_of(rest, table)})"
    return [
        f"{head['head']} {local}{everywhere}{_replicated(rest, table)}",
        f"{head['head']} {head['name']}{everywhere} AS {local} {spread}",
    ]


def execute_on(warehouse: Warehouse, statement: str, cluster: str) -> None:
    """Run a statement on all servers of `cluster`, or on the one there is where it is ""."""
    for rendered in on_cluster(statement, cluster) if cluster else (statement,):
        warehouse.execute(rendered)


def _replicated(definition: str, table: str | None) -> str:
    """The definition with the engine's replicated sister; as it is where it names no such engine."""
    path = (_PATH_EVERYWHERE if table in EVERYWHERE else _PATH) % table

    def sister(engine: re.Match[str]) -> str:
        arguments = f", {engine['arguments']}" if engine["arguments"] else ""
        return f"ENGINE = Replicated{engine['kind']}('{path}'{arguments})"

    return _ENGINE.sub(sister, definition)


def _shard_of(definition: str, table: str) -> str:
    order = _ORDER.search(definition)
    if not order:
        raise WarehouseError(f"table {table} has no plain ORDER BY at its end: its rows cannot be spread over shards")
    return f"cityHash64({order['columns'] or order['column']})"
