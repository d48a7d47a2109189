"""The watch on a running worker: absent grids, a silent feed, a surge in history; and nothing twice after a kill."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from streams.city.city import City
from streams.config import Settings, Watch
from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.localtime import from_ms
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.intake import REPLAY_HEADER
from streams.flow.topics import ALL_TOPICS, GRID_ALLCLEARS, GRID_REPORTS, WARNINGS, config_of
from streams.intake.sender import Sender
from streams.wire.codec import Codec, Record
from streams.wire.source import FileSource
from tests.support.asked import get
from tests.support.brokers import running
from tests.support.feeding import all_clear, report
from tests.support.pipeline import Pipeline, pipeline, settings_on

TOWN, RUBBISH = "990101001000", "33001"
QUIET_MIN = 0.5
MONDAY = 1_730_649_600_000  # 2024-11-04 00:00 in Shanghai
REPLAYED = [(REPLAY_HEADER, b"1")]


def warnings(running: Pipeline) -> list[Record]:
    codec = Codec(FileSource())
    with Broker(running.settings.kafka.bootstrap) as broker:
        return [codec.decode("Warning", record.value or b"") for record in broker.records(WARNINGS)]


def of(told: list[Record], subject: str) -> list[tuple[str, str, str]]:
    return [(w["place"], w["kind"], w["change"]) for w in told if w["subject"] == subject]


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.2)


def rows(running: Pipeline) -> list[tuple[str, int]]:
    found = running.ask("SELECT warning_id, revision FROM sanwang.warnings FINAL ORDER BY warning_id, revision")
    return [(str(name), int(revision)) for name, revision in found]


def ids(told: list[Record]) -> list[tuple[str, int]]:
    return sorted((w["warning_id"], w["revision"]) for w in told)


async def send_all_clears(settings: Settings, grids: list[str]) -> None:
    async with Sender(settings.kafka, [GRID_ALLCLEARS]) as sender:
        for grid in grids:
            await sender.add(GRID_ALLCLEARS, grid.encode(), all_clear(f"P{grid}", grid_code=grid))
        await sender.flush()


def make_topics(servers: str) -> None:
    with Broker(servers) as broker:
        broker.create_topics(TopicSpec(topic, 4, 1, config_of(topic)) for topic in ALL_TOPICS)


async def send_history(settings: Settings, villages: list[str]) -> None:
    """A quiet fortnight of rubbish in one township, and rubbish in every village of it on the third Monday."""
    quiet = [(MONDAY + day * DAY + 9 * HOUR, villages[0]) for day in range(0, 15, 3)]
    surge = [(MONDAY + 14 * DAY + 12 * HOUR + n * MINUTE, village) for n, village in enumerate(villages[1:])]
    after = [(MONDAY + 14 * DAY + 18 * HOUR, villages[0])]
    async with Sender(settings.kafka, [GRID_REPORTS]) as sender:
        for n, (at, village) in enumerate(quiet + surge + after):
            record = report(f"H{n}", item_code=RUBBISH, grid_code=f"{village}001", report_time=from_ms(at))
            await sender.add(GRID_REPORTS, b"one partition", record, REPLAYED)
        await sender.flush()


def watching(settings: Settings) -> Settings:
    """Looks every second, a cut-off of a minute ago, and 110 may be quiet for half a minute."""
    at = time.gmtime(time.time() + 8 * 3600 - 60)
    watch = Watch(look_s=1, cutoff=f"{at.tm_hour:02}:{at.tm_min:02}", police_quiet_min=QUIET_MIN)
    return msgspec.structs.replace(settings, watch=watch)


def test_absence_silence_and_surge_are_told_once_across_a_kill(
    tmp_path: Path, demo_city_folder: Path, demo_city: City
) -> None:
    """What was sent before the worker came is not absent: it was not read yet."""
    with running("embedded", tmp_path / "broker") as broker:
        settings = watching(settings_on(broker.servers, tmp_path, demo_city_folder))
        make_topics(broker.servers)
        grids = [code for code, area in demo_city.areas.items() if area.level == "grid"]
        present = [grid for grid in grids if not grid.startswith(TOWN[:9])]
        assert 0 < len(present) < len(grids)
        villages = [code for code in demo_city.areas if code[:9] == TOWN[:9] and len(code) == 12 and code != TOWN]
        asyncio.run(send_history(settings, villages))
        asyncio.run(send_all_clears(settings, present))
        with pipeline(settings, tmp_path) as started:
            _told_once(started)


def _told_once(running: Pipeline) -> None:
    until(lambda: of(warnings(running), "silence") != [], 90, "no silence is told")
    told = warnings(running)
    assert of(told, "absence") == [(TOWN, "", "raised")]
    assert of(told, "silence")[0] == ("990100000000", "police", "raised")
    assert [w for w in of(told, "surge") if w[2] == "raised"] == [(TOWN, RUBBISH[:2], "raised")]
    until(lambda: rows(running) == ids(warnings(running)), 30, "the rows are not those of the topic")
    running.kill()
    running.restart()
    time.sleep(20)
    after = warnings(running)
    assert len({(w["warning_id"], w["revision"]) for w in after}) == len(after), "a warning was told twice"
    assert {w["warning_id"] for w in after} == {w["warning_id"] for w in told}
    until(lambda: rows(running) == ids(warnings(running)), 30, "the rows are not those of the topic after the kill")
    metrics = get(running.settings.telemetry.port, "/metrics")[1]
    assert 'sanwang_standing_warnings{colour="red",subject="absence"} 1.0' in metrics
    assert 'sanwang_feed_quiet_seconds{feed="police"}' in metrics
