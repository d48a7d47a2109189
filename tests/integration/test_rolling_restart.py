"""A worker that is restarted under its own name: nobody else has to stop for it, and nothing is lost."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest

from streams.config import Settings
from streams.flow.topics import HOTLINE_CALLS
from tests.support.brokers import running
from tests.support.feeding import Raw, call, put
from tests.support.pipeline import Pipeline, pipeline, settings_on

pytestmark = pytest.mark.kafka
SESSION_S = 60.0
REBALANCE_S = 10.0
SETTLED_S = 4.0
PARTITIONS = 4


def worker_settings(servers: str, folder: Path, city: Path, instance: str) -> Settings:
    settings = settings_on(servers, folder, city)
    kafka = msgspec.structs.replace(
        settings.kafka, instance=instance, session_timeout_s=SESSION_S, rebalance_timeout_s=REBALANCE_S
    )
    return msgspec.structs.replace(settings, kafka=kafka)


@contextmanager
def two_workers(folder: Path, city: Path, *, named: bool) -> Iterator[list[Pipeline]]:
    """Two workers that have half of the partitions each."""
    with ExitStack() as stack:
        broker = stack.enter_context(running("kafka", folder / "broker"))
        workers = []
        for name in ("worker-0", "worker-1"):
            (folder / name).mkdir()
            settings = worker_settings(broker.servers, folder / name, city, name if named else "")
            workers.append(stack.enter_context(pipeline(settings, folder / name)))
        settled(workers)
        yield workers


def rebalances(worker: Pipeline) -> int:
    found = re.search(r"^sanwang_rebalances_total (\d+)", worker.worker.metrics(), re.MULTILINE)
    return int(found[1]) if found else 0


def owned(worker: Pipeline) -> set[str]:
    pattern = rf'^sanwang_lag_records{{partition="(\d+)",topic="{HOTLINE_CALLS}"}}'
    return set(re.findall(pattern, worker.worker.metrics(), re.MULTILINE))


def accounted(workers: list[Pipeline]) -> int:
    """Reports in the ledgers of the workers; each has a ClickHouse of its own."""
    return sum(worker.ask("SELECT count() FROM sanwang.events FINAL")[0][0] for worker in workers)


def until(condition: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.2)


def feed(settings: Settings, name: str) -> None:
    """One call on each partition, each a matter of its own."""
    for number in range(PARTITIONS):
        record = Raw(call(f"{name}{number}", detail=f"{name}{number}号路灯不亮", area_code=f"99010{number + 1}001001"))
        asyncio.run(put(settings.kafka.bootstrap, HOTLINE_CALLS, [record], number))


def both_working(first: Pipeline, second: Pipeline) -> bool:
    halves = (owned(first), owned(second))
    return len(halves[0]) == len(halves[1]) == PARTITIONS // 2 and not halves[0] & halves[1]


def settled(workers: list[Pipeline]) -> None:
    """Wait until both work and none has seen a rebalance for some seconds."""
    seen: list[int] = []
    since = time.monotonic()

    def quiet() -> bool:
        nonlocal seen, since
        now = [rebalances(worker) for worker in workers]
        if now != seen or not both_working(*workers):
            seen, since = now, time.monotonic()
        return time.monotonic() - since > SETTLED_S

    until(quiet, 60)


@pytest.mark.timeout(300)
def test_a_restart_within_the_session_timeout_is_no_rebalance(tmp_path: Path, demo_city_folder: Path) -> None:
    with two_workers(tmp_path, demo_city_folder, named=True) as pipelines:
        first, second = pipelines
        mine, others, before = owned(first), owned(second), rebalances(second)
        feed(first.settings, "before")
        until(lambda: accounted(pipelines) == PARTITIONS, 60)

        stopped = time.monotonic()
        assert first.worker.stop(20) == 0
        feed(first.settings, "while")
        first.restart()
        away = time.monotonic() - stopped
        assert away < SESSION_S, f"the restart took {away:.1f} s: nothing can be said"

        until(lambda: accounted(pipelines) == 2 * PARTITIONS, 60)
        assert owned(first) == mine
        assert owned(second) == others
        assert rebalances(second) == before


@pytest.mark.timeout(300)
def test_without_a_name_a_restart_is_two_rebalances(tmp_path: Path, demo_city_folder: Path) -> None:
    with two_workers(tmp_path, demo_city_folder, named=False) as (first, second):
        before = rebalances(second)
        assert first.worker.stop(20) == 0
        until(lambda: len(owned(second)) == PARTITIONS, 60)
        first.restart()
        until(lambda: both_working(first, second), 60)
        assert rebalances(second) >= before + 2
