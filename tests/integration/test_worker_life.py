"""A worker through a bad day: no broker, one that goes, a full disk, SIGTERM under load. Nothing lost or twice."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.city.city import City
from streams.config import ClickHouse, Settings
from streams.demo.worker import Worker
from streams.flow.account import Account, wait_closed
from streams.flow.brokers import Broker
from streams.flow.topics import ORDERS
from streams.intake.simulator.play import Fed
from streams.warehouse.asking import Asking
from streams.warehouse.migrate import our_migrations
from tests.support.asked import get
from tests.support.brokers import AnyBroker, running
from tests.support.command import environment, said
from tests.support.kafka_server import KafkaServer
from tests.support.pipeline import READY_S, STOP_S, Pipeline, pipeline, send, settings_on, storm

RECORDS = 3000
COUNT = "SELECT count() FROM sanwang.events FINAL"


def closed(account: Account, records: int) -> None:
    assert account.closed, account
    assert sum(line.received for line in account.lines) == records


def nothing_twice(ask: Callable[[str], list[tuple[int, ...]]]) -> None:
    [(events, ids)] = ask("SELECT countIf(outcome != 'redelivered'), uniqExact(event_id) FROM sanwang.events FINAL")
    assert events == ids
    [(incidents, reports)] = ask("SELECT count(), sum(reports) FROM sanwang.incidents FINAL")
    [(new,)] = ask("SELECT countIf(outcome = 'new') FROM sanwang.events FINAL")
    assert (incidents, reports) == (new, events)


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


def test_sigterm_under_load_and_a_second_start(
    own_broker: AnyBroker, tmp_path: Path, demo_city_folder: Path, demo_city: City
) -> None:
    settings = settings_on(own_broker.servers, tmp_path, demo_city_folder)
    fed = storm(demo_city, 11, RECORDS)
    with pipeline(settings, tmp_path) as started:
        asyncio.run(send(settings, fed[: RECORDS // 2]))
        until(lambda: started.ask(COUNT) != [(0,)], 20, "no row of the first half arrives")
        assert started.worker.stop(STOP_S) == 0, started.worker.last_words()
        kept = int(said("sql", COUNT, "--format", "TSV", settings=settings))  # its folder is at rest now
        assert 0 < kept < RECORDS
        status = said("migrate", "--status", settings=settings).splitlines()
        assert len([line for line in status if "not applied" not in line]) == len(our_migrations())
        asyncio.run(send(settings, fed[RECORDS // 2 :]))
        started.restart()
        closed(started.account(60), RECORDS)
        nothing_twice(started.ask)
        assert started.ask(COUNT)[0][0] > kept
        assert started.worker.stop(STOP_S) == 0, started.worker.last_words()


@pytest.mark.kafka
def test_no_broker_at_the_start_and_none_in_mid_run(tmp_path: Path, demo_city_folder: Path, demo_city: City) -> None:
    fed = storm(demo_city, 12, RECORDS)
    with running("kafka", tmp_path / "broker") as broker:
        assert isinstance(broker, KafkaServer)
        settings = settings_on(broker.servers, tmp_path, demo_city_folder)
        broker.stop()
        started = Pipeline(settings, tmp_path)
        try:
            started.worker.start()
            _waits_for_a_broker(started)
            broker.start()
            started.worker.wait_ready(READY_S, lambda: False)
            _a_broker_goes_and_comes(started, broker, fed)
        finally:
            started.worker.stop(STOP_S)


@pytest.mark.kafka
def test_a_worker_ends_when_told_to_though_its_broker_has_gone(
    tmp_path: Path, demo_city_folder: Path, demo_city: City
) -> None:
    """It has nothing to lose: what it has not committed is done again."""
    with running("kafka", tmp_path / "broker") as broker:
        settings = settings_on(broker.servers, tmp_path, demo_city_folder)
        with pipeline(settings, tmp_path) as started:
            asyncio.run(send(settings, storm(demo_city, 14, RECORDS)))
            broker.stop()
            time.sleep(2)  # a commit of its own, once a second, waits for the broker by then
            assert started.worker.stop(2 * STOP_S) == 0, started.worker.last_words()


def _waits_for_a_broker(started: Pipeline) -> None:
    waiting = (503, "waiting for broker, assigned, recovered\n")
    port = started.settings.telemetry.port
    until(lambda: get(port, "/readyz") == waiting, 30, "the worker does not say what it waits for")
    until(lambda: "no broker yet" in started.worker.log.read_text("utf-8"), 20, "the log does not say so")
    assert started.worker.alive
    assert get(port, "/healthz") == (200, "alive\n")


def _a_broker_goes_and_comes(started: Pipeline, broker: KafkaServer, fed: list[Fed]) -> None:
    asyncio.run(send(started.settings, fed[: RECORDS // 2]))
    time.sleep(0.2)  # in the middle of the work on them
    broker.kill()
    time.sleep(4)
    assert started.worker.alive, started.worker.last_words()
    broker.start_node()
    asyncio.run(send(started.settings, fed[RECORDS // 2 :]))
    closed(started.account(90), RECORDS)
    nothing_twice(started.ask)
    assert started.worker.alive, started.worker.last_words()
    until(lambda: get(started.settings.telemetry.port, "/readyz")[0] == 200, 10, "the worker is not ready again")


class OnASmallDisk(Worker):
    """A worker whose ClickHouse folder is on a disk of its own, and that is told where everything is by a file."""

    def __init__(self, settings: Settings, disk: Path, config: Path, log: Path) -> None:
        super().__init__(settings, log)
        self._disk, self._config = disk, config

    def start(self) -> None:
        script = 'mount -t tmpfs -o size=128m tmpfs "$1" && exec "$2" -m streams.cli run --config "$3"'
        command = ["unshare", "-rm", "sh", "-c", script, "sh", str(self._disk), sys.executable, str(self._config)]
        port = {"SANWANG_TELEMETRY_PORT": str(self.settings.telemetry.port)}  # over what the file says
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment(None) | port,
                start_new_session=True,
            )  # fmt: skip

    @property
    def disk(self) -> Path:
        """The disk as it is seen from outside of the worker's mounts."""
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/root{self._disk}")

    def fill(self) -> None:
        with (self.disk / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1 << 20))
            except OSError:
                return


def as_toml(tree: dict[str, Any]) -> str:
    """Settings as a file: a JSON string or number is one in TOML too."""
    top = "".join(f"{name} = {json.dumps(value)}\n" for name, value in tree.items() if not isinstance(value, dict))
    tables = {name: value for name, value in tree.items() if isinstance(value, dict)}
    return top + "".join(f"[{name}]\n{as_toml(table)}" for name, table in tables.items())


@contextmanager
def on_a_small_disk(settings: Settings, tmp_path: Path) -> Iterator[OnASmallDisk]:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here: needs util-linux's unshare and user namespaces")
    disk, config = tmp_path / "disk", tmp_path / "sanwang.toml"
    disk.mkdir()
    tree = msgspec.to_builtins(settings)
    tree["telemetry"]["port"] = 1  # may not be had: the environment names the right one
    tree["clickhouse"]["url"] = f"embedded:{disk / 'clickhouse'}"
    config.write_text(as_toml(tree), "utf-8")
    worker = OnASmallDisk(settings, disk, config, tmp_path / "worker.log")
    try:
        worker.start()
        worker.wait_ready(READY_S, lambda: False)
        yield worker
    finally:
        worker.stop(STOP_S)


def test_a_full_disk_stops_clickhouse_and_no_order(tmp_path: Path, demo_city_folder: Path, demo_city: City) -> None:
    fed = storm(demo_city, 13, RECORDS)
    with running("embedded", tmp_path / "broker") as broker:
        settings = settings_on(broker.servers, tmp_path, demo_city_folder)
        with on_a_small_disk(settings, tmp_path) as worker:
            folder = ClickHouse(url=f"embedded:{worker.disk / 'clickhouse'}")
            seen = msgspec.structs.replace(settings, clickhouse=folder)
            ask = Asking(seen.clickhouse).query
            asyncio.run(send(settings, fed[:1000]))
            closed(wait_closed(seen, 60, lambda: not worker.alive), 1000)
            before, ordered = ask(COUNT), len(orders(settings))
            worker.fill()
            asyncio.run(send(settings, fed[1000:]))
            until(lambda: len(orders(settings)) > 2 * ordered, 30, "orders wait for ClickHouse")
            until(lambda: "sanwang_insert_failures_total{" in worker.metrics(), 30, "the failure is not counted")
            assert ask(COUNT) == before
            assert "the disk is full" in worker.log.read_text("utf-8")
            assert get(settings.telemetry.port, "/healthz") == (200, "alive\n")
            (worker.disk / "filler").unlink()
            closed(wait_closed(seen, 60, lambda: not worker.alive), RECORDS)
            nothing_twice(ask)


def orders(settings: Settings) -> list[bytes]:
    with Broker(settings.kafka.bootstrap) as broker:
        return [record.value or b"" for record in broker.records(ORDERS)]
