"""ClickHouse beside a running worker: the command line, HTTP as curl speaks it, migrations, the account."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import pytest

from streams.flow.account import LABELS
from streams.flow.topics import HOTLINE_CALLS
from streams.warehouse.migrate import our_migrations
from tests.support.asked import get, post
from tests.support.command import said, sanwang
from tests.support.feeding import Raw, call, put
from tests.support.pipeline import Pipeline

COUNT = "SELECT count() AS n FROM sanwang.events FINAL WHERE event_id LIKE 'hotline:sql%'"


@pytest.fixture(scope="module")
def fed(steady: Pipeline) -> Pipeline:
    calls = [Raw(call(f"sql{number}", detail=f"第{number}盏路灯不亮")) for number in range(30)]
    asyncio.run(put(steady.settings.kafka.bootstrap, HOTLINE_CALLS, calls))
    assert steady.account(40).closed
    return steady


def http(pipeline: Pipeline, query: str) -> tuple[int, str]:
    return get(pipeline.settings.clickhouse.http_port, f"/?query={quote(query)}")


def test_sql_answers_in_any_format_while_the_worker_runs(fed: Pipeline) -> None:
    assert "│ 30 │" in said("sql", COUNT, settings=fed.settings)
    answer = said("sql", COUNT, "--format", "JSONEachRow", settings=fed.settings)
    assert int(json.loads(answer)["n"]) == 30


def test_a_wrong_statement_is_said_without_a_traceback(fed: Pipeline) -> None:
    done = sanwang("sql", "SELECT nothing FROM nowhere", settings=fed.settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_http_answers_as_clickhouse_does(fed: Pipeline) -> None:
    port = fed.settings.clickhouse.http_port
    assert get(port, "/ping") == (200, "Ok.\n")
    assert http(fed, COUNT) == (200, "30\n")
    assert post(port, "/", f"{COUNT} FORMAT CSVWithNames".encode()) == (200, '"n"\n30\n')
    status, text = http(fed, "DROP TABLE sanwang.events")  # a GET changes nothing
    assert status >= 400
    assert http(fed, COUNT) == (200, "30\n")
    status, text = http(fed, "SELECT 1 +")
    assert status == 400
    assert "Code: 62" in text


def test_every_view_answers_and_the_live_figures_are_there(fed: Pipeline) -> None:
    views = fed.ask("SELECT name FROM system.tables WHERE database = 'sanwang' AND engine = 'View'")
    rows = {view: fed.ask(f"SELECT count() FROM sanwang.{view}")[0][0] for (view,) in views}
    live = {"reports_per_minute", "orders_per_minute", "open_orders", "call_to_order", "latest_incidents", "account"}
    assert live <= {view for view, count in rows.items() if count > 0}, rows


def test_migrations_are_told_beside_the_worker_and_not_applied(fed: Pipeline) -> None:
    status = said("migrate", "--status", settings=fed.settings).splitlines()
    assert [line.split()[0] for line in status] == [migration.file for migration in our_migrations()]
    assert all("not applied" not in line for line in status)
    assert said("migrate", "--dry-run", settings=fed.settings) == "nothing to apply\n"
    done = sanwang("migrate", settings=fed.settings)
    assert done.returncode == 1
    assert "is in use by process" in done.stderr


def test_the_account_is_told_and_closes(fed: Pipeline) -> None:
    table = said("account", settings=fed.settings)  # it exits with 1 while the account is open
    assert [label for label in LABELS.values() if label not in table] == []


def test_a_wrong_command_line_is_said_with_usage(fed: Pipeline) -> None:
    done = sanwang("sql")
    assert done.returncode == 2
    assert "Missing argument" in done.stderr
    assert "Traceback" not in done.stderr
