"""A month from a seed gives the same report and supervision twice, also when the worker is killed on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.city.city import City
from streams.flow.brokers import Broker
from streams.flow.caseloads import QUIET_S
from streams.flow.topics import SUPERVISION
from streams.report.command import report_bytes
from tests.support.brokers import running
from tests.support.month import CODEC, DAYS, Month, Record, reports
from tests.support.pipeline import Pipeline, pipeline, settings_on

COUNT, SEED = 300, 5
KILLED_AFTER = {2, 4, 8}  # batches: police alerts of the first part, its answers, and those of the second
QUIET = "SELECT count(), uniqExact(signal_id) FROM sanwang.supervision"


class Outcome(NamedTuple):
    """What a month came to."""

    report: str
    steps: list[tuple[Any, ...]]
    signals: list[tuple[Any, ...]]
    told: set[str]  # signals on the topic


@pytest.fixture(scope="module")
def month(demo_city: City) -> list[Record]:
    return reports(demo_city, SEED, COUNT)


@pytest.fixture(scope="module")
def calm(
    tmp_path_factory: pytest.TempPathFactory, demo_city_folder: Path, demo_city: City, month: list[Record]
) -> Outcome:
    """The month on the embedded broker, with a worker that nobody disturbs."""
    folder = tmp_path_factory.mktemp("calm")
    with running("embedded", folder / "broker") as broker:
        return play(broker.servers, folder, demo_city_folder, demo_city, month, set())


def play(
    servers: str, folder: Path, city_folder: Path, city: City, month: list[Record], kills: set[int]
) -> Outcome:
    settings = settings_on(servers, folder, city_folder, partitions=1)
    with pipeline(settings, folder) as worker:
        Month(worker, city, SEED, killing(worker, kills)).play(month)
        time.sleep(QUIET_S)
        return outcome(worker)


def killing(worker: Pipeline, kills: set[int]) -> Callable[[], None]:
    batches = iter(range(1, 1000))

    def interrupt() -> None:
        if next(batches) in kills:
            time.sleep(0.2)  # in the middle of it: some is decided, some told, little committed
            worker.kill()
            worker.restart()

    return interrupt


def outcome(worker: Pipeline) -> Outcome:
    """Once supervision has looked at everything, and nothing more is told."""
    before, ends = worker.ask(QUIET), time.monotonic() + 60
    while True:
        time.sleep(3)
        now = worker.ask(QUIET)
        if now == before and now != [(0, 0)]:
            break
        assert time.monotonic() < ends, now
        before = now
    with Broker(worker.settings.kafka.bootstrap) as broker:
        told = {CODEC.decode("Supervision", record.value or b"")["signal_id"] for record in broker.records(SUPERVISION)}
    return Outcome(
        report_bytes(worker.settings, "month", date(2024, 11, 15), form="md", language="en").decode(),
        worker.ask("SELECT order_id, number, position, step, stage, toUnixTimestamp64Milli(at), "
                   "toUnixTimestamp64Milli(due_at) FROM sanwang.order_steps FINAL ORDER BY order_id, position"),
        worker.ask("SELECT signal_id, to_unit, toUnixTimestamp64Milli(at) FROM sanwang.supervision FINAL ORDER BY 1"),
        told,
    )  # fmt: skip


def test_the_month_is_worth_reporting(calm: Outcome) -> None:
    steps = {row[3] for row in calm.steps}
    assert steps >= {"accepted", "arrived", "in_hand", "handled", "closed", "returned", "handed_over", "solved",
                     "extension_granted", "suspended", "resumed"}  # fmt: skip
    assert {signal[0].rsplit("/", 2)[1] for signal in calm.signals} == {"reminder", "urging", "escalation"}
    assert calm.told == {signal[0] for signal in calm.signals}
    assert f"2024-11-01 – 2024-11-{DAYS}" in calm.report
    assert "| reports | 0 |" not in calm.report


@pytest.mark.timeout(600)
def test_a_worker_killed_three_times_reports_the_same(
    own_broker: Any, tmp_path: Path, demo_city_folder: Path, demo_city: City, month: list[Record], calm: Outcome
) -> None:
    again = play(own_broker.servers, tmp_path, demo_city_folder, demo_city, month, KILLED_AFTER)
    assert again.report == calm.report
    assert again.steps == calm.steps
    assert again.signals == calm.signals
    assert again.told == calm.told
