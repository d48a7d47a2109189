"""Alerts and dashboards: the rules by promtool, every query of every dashboard on a worker that runs.

Prometheus is a real one that scrapes the worker, started with the command of docker-compose.yml; SQL is asked over HTTP
of the worker's own ClickHouse, with the two macros of Grafana's ClickHouse plugin filled in.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from streams.flow.topics import GRID_ALLCLEARS, GRID_REPORTS, HOTLINE_CALLS, POLICE_ALERTS
from streams.telemetry.door_metrics import DoorMetrics
from streams.telemetry.metrics import Metrics
from tests.support.asked import get, post
from tests.support.compose import CHECKOUT, stack
from tests.support.feeding import Raw, alert, all_clear, call, put, report
from tests.support.pipeline import Pipeline
from tests.support.ports import free_port
from tests.support.started import required, started

DEPLOY = CHECKOUT / "deploy"
RULES, TESTS = DEPLOY / "prometheus" / "rules" / "sanwang.yml", DEPLOY / "prometheus" / "tests" / "sanwang.yml"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]
]
RUNBOOK = CHECKOUT / "docs" / "runbook.md"
DASHBOARDS = {file.stem: json.loads(file.read_text("utf-8")) for file in (DEPLOY / "grafana/dashboards").glob("*.json")}
SOURCES = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/sanwang.yml").read_text("utf-8"))["datasources"]
PLACED = {
    f"{name}-{panel['id']}{target['refId']}": target
    for name, dashboard in sorted(DASHBOARDS.items()) for panel in dashboard["panels"] for target in panel["targets"]
}  # fmt: skip
TARGETS = list(PLACED.values())
#: Of the door, whose process is another.
DOOR = {metric.name for metric in DoorMetrics().registry.collect()}
#: What a city that is well has none of.
NONE_WHEN_WELL = ("stuck_hand_overs", "due_at > now64(3)")


def promtool(*arguments: str) -> None:
    done = subprocess.run(
        [required("promtool", "prometheus"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_rules_and_configuration() -> None:
    promtool("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))


def test_every_alert_fires_when_it_should_and_not_when_all_is_well() -> None:
    promtool("test", "rules", str(TESTS))


def test_no_alert_is_without_its_tests() -> None:
    told = [case for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"] for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in ALERTS}
    assert {case["alertname"] for case in told if case["exp_alerts"]} == names
    assert {case["alertname"] for case in told if not case["exp_alerts"]} == names


def test_every_alert_has_a_section_in_the_runbook_and_no_section_is_left_over() -> None:
    titles = re.findall(r"^## (.+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)
    anchors = {f"docs/runbook.md#{title.lower().replace(' ', '-')}" for title in titles}
    assert {rule["annotations"]["runbook"] for rule in ALERTS} == anchors
    assert {rule["labels"]["severity"] for rule in ALERTS} == {"page", "ticket"}


def test_alerts_and_dashboards_name_metrics_that_exist() -> None:
    asked = " ".join([rule["expr"] for rule in ALERTS] + [target.get("expr", "") for target in TARGETS])
    named = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in re.findall(r"sanwang_\w+", asked)}
    assert named - DOOR <= {metric.name for metric in Metrics().registry.collect()}


def test_dashboards_ask_sources_that_are_provided() -> None:
    assert set(DASHBOARDS) == {"overview", "feeds", "units", "internals"}
    provided = {source["uid"]: source["type"] for source in SOURCES}
    for dashboard in DASHBOARDS.values():
        for panel in dashboard["panels"]:
            assert panel["title"]
            assert panel["description"]
            for one in (panel, *panel["targets"]):
                assert provided[one["datasource"]["uid"]] == one["datasource"]["type"]


def feed(pipeline: Pipeline, name: str) -> None:
    """One record of each kind, one of danger to life, and one that is refused."""
    servers = pipeline.settings.kafka.bootstrap
    fire = call(f"{name}2", detail="居民楼起火，有人被困", area_code="990102001001")
    calls = [Raw(call(f"{name}1")), Raw(fire), Raw(b"\0")]
    for topic, records in {
        HOTLINE_CALLS: calls, POLICE_ALERTS: [Raw(alert(f"{name}1"))], GRID_REPORTS: [Raw(report(f"{name}1"))],
        GRID_ALLCLEARS: [Raw(all_clear(f"{name}1"))],
    }.items():  # fmt: skip
        asyncio.run(put(servers, topic, records))
    assert pipeline.account(40).closed


def ask(port: int, expression: str) -> list[dict[str, Any]]:
    """What Prometheus answers now."""
    status, text = get(port, f"/api/v1/query?{urlencode({'query': expression})}")
    answer = json.loads(text)
    assert (status, answer["status"]) == (200, "success"), text
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


@pytest.fixture(scope="module")
def prometheus(steady: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Prometheus that has scraped the worker before and after records came."""
    binary, port, folder = required("prometheus", "prometheus"), free_port(), tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(RULES)]
    worker = {"job_name": "worker", "static_configs": [{"targets": [f"127.0.0.1:{steady.settings.telemetry.port}"]}]}
    config["scrape_configs"] = [worker, *(job for job in config["scrape_configs"] if job["job_name"] != "worker")]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = stack({"CITY": "/city"})["services"]["prometheus"]["command"]
    mapped = {
        "/etc/prometheus": str(folder), "=/prometheus": f"={folder / 'data'}", "0.0.0.0:9090": f"127.0.0.1:{port}",
    }  # fmt: skip
    for old, new in mapped.items():
        command = [argument.replace(old, new) for argument in command]
    feed(steady, "before")
    with started([binary, *command], folder / "log", lambda: get(port, "/-/ready")[0] == 200):
        until(lambda: ask(port, 'sanwang_orders_total{job="worker"}'))
        time.sleep(2)  # two scrapes make a rate
        feed(steady, "after")
        until(lambda: ask(port, "sum(rate(sanwang_reports_total[5m])) > 0"))
        until(lambda: ask(port, "sanwang_standing"))
        yield port


def until(condition: Callable[[], object], seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.5)


@pytest.mark.parametrize("target", TARGETS, ids=PLACED)
def test_every_query_of_the_dashboards_finds_something(
    target: dict[str, Any], steady: Pipeline, prometheus: int
) -> None:
    if "expr" in target:
        assert ask(prometheus, target["expr"])
        return
    sql = target["rawSql"]
    begin, end = (f"toDateTime({int(time.time()) + shift})" for shift in (-86_400, 3_600))
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"(\1 >= {begin} AND \1 <= {end})", sql)
    sql = sql.replace("$__fromTime", begin).replace("$__toTime", end)
    assert "$" not in sql
    status, text = post(steady.settings.clickhouse.http_port, "/", f"{sql} FORMAT JSON".encode())
    assert status == 200, text
    answer = json.loads(text)
    assert answer["data"] or any(part in sql for part in NONE_WHEN_WELL)
    if target["queryType"] == "timeseries":
        assert answer["meta"][0]["name"] == "time"


def test_days_of_the_dashboards_are_those_of_shanghai() -> None:
    """Else the day that begins there would be missing for its first eight hours."""
    days = [call for target in TARGETS for call in re.findall(r"toDate\(.*?\)", target.get("rawSql", ""))]
    assert days
    assert all("'Asia/Shanghai'" in call for call in days)


def test_the_rules_run_on_the_real_metrics(prometheus: int) -> None:
    status, text = get(prometheus, "/api/v1/rules")
    assert status == 200
    rules = [rule for group in json.loads(text)["data"]["groups"] for rule in group["rules"]]
    assert len(rules) == len(ALERTS)
    until(lambda: all_evaluated(prometheus), 30)
    firing = {one["metric"]["alertname"] for one in ask(prometheus, 'ALERTS{alertstate="firing"}')}
    # Of the few records some were broken; and to a Prometheus that has just begun every fault is a new one.
    assert firing <= {"SanwangDeadLetters", "SanwangOurFault"}


def all_evaluated(port: int) -> bool:
    groups = json.loads(get(port, "/api/v1/rules")[1])["data"]["groups"]
    health = {rule["health"] for group in groups for rule in group["rules"]}
    assert "err" not in health
    return health == {"ok"}
