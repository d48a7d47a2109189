"""deploy/clickhouse/roles.sql on the current engine: what an analyst and an auditor can read, and what they cannot.

The engine in a process has one user and no place to store roles, but it reads users from a file: the grants and row
policies of one role, taken out of roles.sql word by word, become those of its user, in a process of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from streams.core.decision import Decision
from streams.flow.rows import event_row, incident_row, order_row
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.statements import split_statements
from tests.support.embedded_warehouse import AREA, LIGHT, LOG, embedded_warehouse, event, fill, incident, order

ROLES = (Path(__file__).parents[2] / "deploy" / "clickhouse" / "roles.sql").read_text("utf-8")
STATEMENTS = [" ".join(statement.split()) for statement in split_statements(ROLES)]
VIEWS = ("analyst_reports", "analyst_places", "analyst_orders")
OWNER = "<owner><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></owner>"
USERS = """<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>{owner}
<default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
<grants>{grants}</grants><databases><sanwang>{filters}</sanwang></databases></default></users></clickhouse>"""
ASK = """
import json, sys
from chdb.session import Session
session = Session(sys.argv[1])
answers = []
for sql in json.load(sys.stdin):
    try:
        answers.append(["yes", session.query(sql, "JSONCompactEachRow").data()])
    except Exception as error:
        answers.append(["no", str(error)])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with two counties: one with many reports, one with few; the views belong to a user `owner`."""
    base = tmp_path_factory.mktemp("roles")
    with embedded_warehouse(base / "warehouse") as warehouse:
        fill(warehouse)
        _many(warehouse, AREA, range(100, 109), 113.25123, "E-CG")
        _many(warehouse, "419902101001", range(200, 206), 113.91234, "W-CG")
        _many(warehouse, "419901002001", range(300, 303), 113.5, "E-ZF")
        warehouse.execute("INSERT INTO sanwang.viewers SELECT 'default', 'area', '419901000000'")
        warehouse.execute("INSERT INTO sanwang.viewers SELECT 'default', 'unit', 'E-CG'")
        warehouse.execute("INSERT INTO sanwang.viewers SELECT 'somebody else', 'area', '*'")
    users = USERS.format(owner=OWNER, grants="<query>GRANT ALL ON *.*</query>", filters="")
    change = [f"ALTER TABLE sanwang.{view} MODIFY SQL SECURITY DEFINER DEFINER = owner" for view in VIEWS]
    assert [answer for answer, _ in _asked(base, users, change)] == ["yes"] * len(VIEWS)
    return base


def _many(warehouse: EmbeddedWarehouse, area: str, offsets: range, lon: float, unit: str) -> None:
    events = [event(n, area=area, lon=lon, lat=23.11987, text="free text", received_at=event(0).received_at)
              for n in offsets]  # fmt: skip
    opened = [incident(one, lead=unit, assists=()) for one in events]
    warehouse.insert("events", [event_row(LOG, e, Decision("new", i), e.source_offset)
                                for e, i in zip(events, opened, strict=True)])  # fmt: skip
    warehouse.insert("incidents", [incident_row(one) for one in opened])
    warehouse.insert("orders", [order_row(order(i, e, unit), i.opened_at) for e, i in zip(events, opened, strict=True)])


def as_role(folder: Path, role: str, statements: Sequence[str]) -> list[tuple[str, str]]:
    """Each statement's answer to a login with this role: yes and rows, or no and why."""
    grants = [s.removesuffix(f" TO {role}") for s in STATEMENTS if s.startswith("GRANT ") and s.endswith(f" TO {role}")]
    filters = {
        found[1]: found[2] for s in STATEMENTS
        if (found := re.fullmatch(rf"CREATE ROW POLICY .* ON sanwang\.(\w+) FOR SELECT USING (.*) TO {role}", s))
    }  # fmt: skip
    users = USERS.format(
        owner=OWNER, grants="".join(f"<query>{escape(grant)}</query>" for grant in grants), filters=_filters(filters)
    )
    return [(yes, text) for yes, text in _asked(folder, users, statements)]


def _filters(by_table: Mapping[str, str]) -> str:
    return "".join(f"<{table}><filter>{escape(rule)}</filter></{table}>" for table, rule in by_table.items())


def _asked(folder: Path, users: str, statements: Sequence[str]) -> Iterator[tuple[str, str]]:
    (folder / "users.xml").write_text(users)
    (folder / "config.xml").write_text(
        f"<clickhouse><users_config>{folder}/users.xml</users_config></clickhouse>"
    )
    place = f"{folder}/warehouse?config-file={folder}/config.xml"
    done = subprocess.run(
        [sys.executable, "-c", ASK, place], input=json.dumps(statements), capture_output=True, text=True, check=True,
        timeout=60,
    )  # fmt: skip
    yield from json.loads(done.stdout.splitlines()[-1])


def rows(answer: tuple[str, str]) -> list[list[object]]:
    assert answer[0] == "yes", answer
    return [json.loads(line) for line in answer[1].splitlines()]


def test_an_analyst_sees_large_counts_of_the_own_areas_and_units(folder: Path) -> None:
    reports, places, orders, viewers = as_role(folder, "analyst", [
        "SELECT township, item, reports FROM sanwang.analyst_reports",
        "SELECT lon, lat, incidents_here FROM sanwang.analyst_places",
        "SELECT unit, orders_sent FROM sanwang.analyst_orders",
        "SELECT login FROM sanwang.viewers GROUP BY login",
    ])  # fmt: skip
    # Nine, and two of the evening; not the other county, and not the three reports of 419901002001.
    assert rows(reports) == [["419901001000", LIGHT, 11]]
    assert rows(places) == [[113.25, 23.12, 9]]
    assert rows(orders) == [["E-CG", 10]]  # nine and the evening's
    assert rows(viewers) == [["default"]]


TABLES = ("events", "incidents", "orders", "dead_letters", "all_clears", "order_steps", "erasures")


@pytest.mark.parametrize("sql", [
    *(f"SELECT * FROM sanwang.{table}" for table in TABLES),
    "SELECT text FROM sanwang.events", "SELECT caller FROM sanwang.events", "SELECT * FROM sanwang.latest_incidents",
    "SELECT * FROM sanwang.reports_per_minute", "SELECT text FROM sanwang.analyst_reports",
    "INSERT INTO sanwang.viewers SELECT 'default', 'area', '*'", "ALTER TABLE sanwang.viewers DELETE WHERE 1",
    "CREATE VIEW sanwang.mine AS SELECT * FROM sanwang.events", "DROP TABLE sanwang.events",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')", "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
    "SELECT * FROM merge('sanwang', 'events')",
])  # fmt: skip
def test_an_analyst_gets_nothing_else(folder: Path, sql: str) -> None:
    [(answer, why)] = as_role(folder, "analyst", [sql])
    assert (answer, "free text" in why) == ("no", False), why
    assert "ACCESS_DENIED" in why or "UNKNOWN_IDENTIFIER" in why or "no tables satisfied" in why, why


def test_an_auditor_sees_what_became_of_records_and_no_text(folder: Path) -> None:
    seen, text, caller, place, all_columns = as_role(folder, "auditor", [
        "SELECT count() FROM (SELECT log_id, outcome FROM sanwang.events FINAL)",
        *(f"SELECT {column} FROM sanwang.events" for column in ("text", "caller", "lon", "*")),
    ])  # fmt: skip
    assert rows(seen) == [[24]]
    assert [one[0] for one in (text, caller, place, all_columns)] == ["no"] * 4


def test_every_statement_is_understood_by_the_engine(tmp_path: Path) -> None:
    with embedded_warehouse(tmp_path / "warehouse") as warehouse:
        for statement in STATEMENTS:
            assert warehouse.query("SELECT formatQuerySingleLine({sql:String})", {"sql": statement})


def test_small_counts_and_texts_are_in_no_view(folder: Path) -> None:
    """The views as their owner sees them: without any row policy still no small cell, and no column of free text."""
    users = USERS.format(owner=OWNER, grants="<query>GRANT ALL ON *.*</query>", filters="")
    columns = "SELECT name FROM system.columns WHERE database = 'sanwang' AND table LIKE 'analyst%'"
    counts = [f"SELECT min({name}) FROM sanwang.{view}" for view, name in zip(
        VIEWS, ("reports", "incidents_here", "orders_sent"), strict=True)]  # fmt: skip
    found, *least = _asked(folder, users, [columns, *counts])
    assert {"text", "address", "caller", "event_id", "incident_id"}.isdisjoint(name for [name] in rows(found))
    assert all(rows(one)[0][0] >= 5 for one in least)  # type: ignore[operator]  # numbers
