"""What a worker tells of itself: metrics, health, logs - and that none of it tells of people."""

from __future__ import annotations

import asyncio
import json
import time
from typing import get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.core.event import FEEDS
from streams.core.order_update import STEPS
from streams.core.supervision import SignalKind
from streams.flow.dead_letters import REASONS
from streams.flow.topics import (
    ALL_TOPICS,
    ANSWER_TOPICS,
    GRID_ALLCLEARS,
    GRID_REPORTS,
    HOTLINE_CALLS,
    LANES,
    POLICE_ALERTS,
    SIGNS,
    SOURCE_TOPICS,
)
from streams.telemetry.metrics import Metrics
from streams.warehouse.tables import TABLES
from tests.support.asked import get
from tests.support.feeding import Raw, alert, all_clear, call, put, report
from tests.support.pipeline import Pipeline

PHONE, WORKER, NAME, STREET = "13987654321", "W10862", "王小明", "芙蓉路七十七号"
LABELS = {
    "feed": {*SOURCE_TOPICS.values()},
    "outcome": {"new", "linked", "redelivered", "all_clear", "dead_letter"},
    "reason": REASONS,
    "role": {"lead", "assist"},
    "stage": {"intake", "triage", "recorder", "all_clears", "answers", "casework", "supervision", "watch"},
    "kind": {*get_args(SignalKind)},
    "subject": {"surge", "overdue", "recurrence", "absence", "silence"},
    "colour": {"blue", "yellow", "orange", "red"},
    "change": {"raised", "changed", "cancelled"},
    "topic": {*ALL_TOPICS},
    "table": {*TABLES},
    "by": {"code", "text", "model", "none", "rules", "both"},
    "version": {""},  # of the learned model: none here
    "step": {*STEPS, "load", "classify"},  # of orders, and of models
    "state": {"due_soon", "overdue", "stuck_hand_over"},
}
NUMBERS = {"partition", "le"}


async def _feed(servers: str) -> None:
    spoken = f"我叫{NAME}，电话{PHONE}，{STREET}着火了"
    await put(servers, HOTLINE_CALLS, [Raw(call(f"T{n}", detail=spoken, caller=PHONE)) for n in range(20)])
    bad = Raw(b"\x00" + spoken.encode())
    await put(servers, POLICE_ALERTS, [Raw(alert("T", text=spoken, caller_phone=PHONE)), bad])
    await put(servers, GRID_REPORTS, [Raw(report("T", text=spoken, worker=WORKER))])
    await put(servers, GRID_ALLCLEARS, [Raw(all_clear("T", worker=WORKER)), Raw(all_clear("U", grid_code=PHONE))])


@pytest.fixture(scope="module")
def fed(steady: Pipeline) -> Pipeline:
    asyncio.run(_feed(steady.settings.kafka.bootstrap))
    assert steady.account(40).closed
    return steady


def lag(pipeline: Pipeline) -> dict[tuple[str, str], float]:
    _, text = get(pipeline.settings.telemetry.port, "/metrics")
    return {
        (sample.labels["topic"], sample.labels["partition"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "sanwang_lag_records" and sample.labels["topic"] != SIGNS  # its beats never cease
    }


def test_every_metric_is_there_with_labels_of_a_fixed_set(fed: Pipeline) -> None:
    status, text = get(fed.settings.telemetry.port, "/metrics")
    assert status == 200
    families = {family.name: family for family in text_string_to_metric_families(text)}
    ours = {metric.name for metric in Metrics().registry.collect()}
    assert ours <= set(families)
    samples = [sample for name in ours for sample in families[name].samples]
    for sample in samples:
        for label, value in sample.labels.items():
            assert value in LABELS[label] if label not in NUMBERS else value.isdigit() or label == "le", sample
    told = {sample.name for sample in samples if sample.value > 0}
    assert told >= {
        "sanwang_reports_total", "sanwang_dead_letters_total", "sanwang_orders_total", "sanwang_rebalances_total",
        "sanwang_call_to_order_seconds_count", "sanwang_stage_seconds_count", "sanwang_chunk_records_count",
        "sanwang_insert_seconds_count", "sanwang_inserted_rows_total", "sanwang_recovery_seconds_count",
        "sanwang_open_incidents", "sanwang_memory_bytes",
    }  # fmt: skip
    assert not [word for word in (PHONE, WORKER, NAME, STREET) if word in text]


def test_the_counters_agree_with_clickhouse(fed: Pipeline) -> None:
    _, text = get(fed.settings.telemetry.port, "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = {(s.labels["feed"], s.labels["outcome"]): s.value for s in families["sanwang_reports"].samples
               if s.name.endswith("_total") and s.value}  # fmt: skip
    rows = fed.ask("SELECT feed, outcome, count() FROM sanwang.events FINAL GROUP BY ALL")
    rows += fed.ask("SELECT feed, 'dead_letter', count() FROM sanwang.dead_letters FINAL GROUP BY ALL")
    rows += fed.ask("SELECT 'allclears', 'all_clear', count() FROM sanwang.all_clears FINAL")
    assert counted == {(feed, outcome): count for feed, outcome, count in rows}
    reasons = {(s.labels["feed"], s.labels["reason"]): s.value for s in families["sanwang_dead_letters"].samples
               if s.name.endswith("_total")}  # fmt: skip
    letters = fed.ask("SELECT feed, reason, count() FROM sanwang.dead_letters FINAL GROUP BY ALL")
    assert reasons == {(feed, reason): count for feed, reason, count in letters}
    assert {feed for feed, _ in counted} - {*ANSWER_TOPICS.values()} == {*FEEDS, "allclears"}


def test_healthy_ready_and_without_lag_when_all_is_done(fed: Pipeline) -> None:
    assert get(fed.settings.telemetry.port, "/healthz") == (200, "alive\n")
    assert get(fed.settings.telemetry.port, "/readyz") == (200, "ready\n")
    ends = time.monotonic() + 15
    while any(lag(fed).values()) and time.monotonic() < ends:
        time.sleep(0.2)
    partitions = fed.settings.kafka.partitions
    consumed = LANES.keys() - {SIGNS}  # whose beats never cease
    assert lag(fed) == {(topic, str(number)): 0 for topic in consumed for number in range(partitions)}


def test_the_log_is_json_and_tells_of_nobody(fed: Pipeline) -> None:
    lines = fed.worker.log.read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert {"working", "assigned", "recovered", "migrated"} <= {line["event"] for line in told}
    assert all({"level", "timestamp"} <= line.keys() for line in told)
    assert not [line for line in lines for word in (PHONE, NAME, STREET, WORKER) if word in line]


def test_no_table_holds_name_or_phone(fed: Pipeline) -> None:
    for table in TABLES:
        dump = fed.asking.raw(f"SELECT * FROM sanwang.{table}", "TSV").decode()
        assert PHONE not in dump, table
        assert NAME not in dump, table
