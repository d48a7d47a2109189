"""A report is taken off its incident while the worker runs, and stays off it after the worker was killed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from streams.errors import SanwangError
from streams.flow.topics import HOTLINE_CALLS, INCIDENT_CORRECTIONS
from streams.intake.unmerge import unmerge
from tests.support.brokers import AnyBroker
from tests.support.feeding import Raw, call, put
from tests.support.pipeline import Pipeline, pipeline, settings_on

CORRECTIONS = (
    "SELECT event_id, incident_id, outcome, reason FROM sanwang.incident_corrections FINAL ORDER BY corrected_at"
)
EVENTS = "SELECT event_id, outcome, incident_id FROM sanwang.events FINAL ORDER BY source_offset"
INCIDENTS = "SELECT incident_id, reports, revision FROM sanwang.incidents FINAL ORDER BY incident_id"
LEADS = "SELECT incident_id, count() FROM sanwang.orders FINAL WHERE role = 'lead' GROUP BY 1 ORDER BY 1"


def taken_off(started: Pipeline, event_id: str) -> str:
    now = int(time.time() * 1000)
    return asyncio.run(unmerge(started.settings, event_id, "desk", "另一盏灯，我的电话13900000001", now))


def wait_for(started: Pipeline, sql: str, expected: list[tuple[object, ...]]) -> None:
    ends = time.monotonic() + 30
    while (found := started.ask(sql)) != expected:
        assert time.monotonic() < ends, found
        time.sleep(0.2)


def test_a_report_is_split_off_and_stays_so(own_broker: AnyBroker, tmp_path: Path, demo_city_folder: Path) -> None:
    servers = own_broker.servers
    settings = settings_on(servers, tmp_path, demo_city_folder, group="corrections")
    with pipeline(settings, tmp_path) as started:
        asyncio.run(put(servers, HOTLINE_CALLS, [Raw(call(n)) for n in ("A", "B", "C")]))
        assert started.account(30).closed
        wait_for(started, INCIDENTS, [("hotline:A", 3, 3)])
        with pytest.raises(SanwangError, match="opened its incident"):
            taken_off(started, "hotline:A")
        assert taken_off(started, "hotline:B") == "hotline:A"
        wait_for(started, CORRECTIONS, [("hotline:B", "hotline:A", "split", "另一盏灯，我的电话[手机]")])
        wait_for(started, INCIDENTS, [("hotline:A", 2, 4), ("hotline:B", 1, 1)])
        events = [("hotline:A", "new", "hotline:A"), ("hotline:B", "new", "hotline:B"),
                  ("hotline:C", "linked", "hotline:A")]  # fmt: skip
        wait_for(started, EVENTS, events)
        assert started.ask(LEADS) == [("hotline:A", 1), ("hotline:B", 1)]
        assert started.account(10).closed

        started.kill()
        started.restart()
        asyncio.run(put(servers, HOTLINE_CALLS, [Raw(call("B"))]))  # delivered once more: still apart
        wait_for(started, EVENTS, [*events, ("hotline:B", "redelivered", "hotline:B")])
        asyncio.run(put(servers, INCIDENT_CORRECTIONS, [Raw(b"no record")]))
        done = ("hotline:B", "hotline:A", "split", "另一盏灯，我的电话[手机]")
        wait_for(started, CORRECTIONS, [done, ("", "", "undecodable", "")])
        assert taken_off(started, "hotline:C") == "hotline:A"
        wait_for(started, INCIDENTS, [("hotline:A", 1, 5), ("hotline:B", 1, 1), ("hotline:C", 1, 1)])
        assert started.account(10).closed
