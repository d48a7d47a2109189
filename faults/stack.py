"""What the faults happen to: three brokers, a ClickHouse, and workers that reach them over links of ours.

Every worker has a listener of its own on every broker, advertised as the worker's own link: cutting the links cuts this
worker off and no other. ClickHouse is Debian's 18.16 with the reduced tables of the tests, the only server that
installs from a distribution; several workers need one, as an embedded engine serves one process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from faults.proxy import Link, Links
from streams.city.city import City
from streams.city.load import load_city
from streams.config import ClickHouse, Kafka, Privacy, Retention, Settings, Telemetry, environment_of
from streams.demo.worker import Worker
from streams.flow.brokers import Broker
from streams.flow.child import tied
from streams.warehouse.server import ServerWarehouse
from tests.support.clickhouse_server import PASSWORD, ClickHouseServer, pretend_migrated
from tests.support.kafka_server import JAVA_OPTIONS, KafkaServer, Listener
from tests.support.ports import free_port

BROKERS, SLOTS, FIRST_WORKERS = 3, 4, 2
READY_S, STOP_S = 90.0, 25.0
DISK_MB = 768
JAVA = (*JAVA_OPTIONS, "-Xmx256m")
SETTINGS = {"group.initial.rebalance.delay.ms": 0, "num.network.threads": 2, "num.io.threads": 2,
            "log.cleaner.threads": 1, "min.insync.replicas": 2}  # fmt: skip


class Stack:
    """The running stack. `workers` are those that should run now, by slot."""

    def __init__(
        self, folder: Path, city: City, city_folder: Path, kafka: KafkaServer, clickhouse: ClickHouseServer,
        kafka_links: Sequence[Sequence[Link]], clickhouse_links: Sequence[Link], disk: Path | None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.kafka = kafka
        self.clickhouse = clickhouse
        self.kafka_links = kafka_links
        self.clickhouse_links = clickhouse_links
        self.disk = disk  # ClickHouse's own small file system, None where we may not mount one
        self.workers: dict[int, Worker] = {}
        self.restarts = 0  # of workers that ended by themselves or said that they are stuck
        self.city = city
        self._city_folder = city_folder
        self._starts = 0

    def settings(self, slot: int) -> Settings:
        """Settings of the worker in a slot, over its links."""
        links = self.kafka_links[slot]
        return Settings(
            city=str(self._city_folder),
            kafka=Kafka(
                bootstrap=",".join(f"127.0.0.1:{link.port}" for link in links), replication=BROKERS,
                rebalance_timeout_s=4.0, session_timeout_s=6.0, fetch_wait_ms=50,
            ),
            clickhouse=ClickHouse(
                url=f"clickhouse://writer@127.0.0.1:{self.clickhouse_links[slot].port}/sanwang",
                password_file=str(self.folder / "clickhouse.secret"), http_port=self.clickhouse.http_port,
            ),
            telemetry=Telemetry(port=free_port()),
            privacy=Privacy(key_file=str(self.folder / "hash.key")),
            retention=Retention(dead_letters_days=0),  # this old server cannot change a table's
        )  # fmt: skip

    def start_worker(self, slot: int, *, wait: bool = False) -> None:
        """Start a worker in a slot."""
        self._starts += 1
        worker = self.workers[slot] = Worker(self.settings(slot), self.folder / f"worker{slot}-{self._starts}.log")
        worker.start()
        if wait:
            worker.wait_ready(READY_S, lambda: False)

    def kill_worker(self, slot: int) -> None:
        """End a worker at once."""
        self.signal_worker(slot, signal.SIGKILL)
        process_of(self.workers.pop(slot)).wait()

    def remove_worker(self, slot: int) -> None:
        """Ask a worker to stop, and wait for it."""
        self.workers.pop(slot).stop(STOP_S)

    def signal_worker(self, slot: int, number: signal.Signals) -> None:
        """Send a signal to a worker's process, unless it has ended."""
        process_of(self.workers[slot]).send_signal(number)

    def supervise(self) -> None:
        """Start workers again that ended by themselves or are stuck, as their supervisor would."""
        for slot, worker in list(self.workers.items()):
            if worker.alive and worker._get("/healthz")[1] != "stuck":
                continue
            self.restarts += 1
            if worker.alive:
                self.kill_worker(slot)
            self.start_worker(slot)

    def replay(self, file: Path) -> subprocess.Popen[bytes]:
        """`sanwang replay` of a file of calls, beside all links."""
        settings = msgspec.structs.replace(self.settings(0), kafka=Kafka(bootstrap=self.kafka.servers))
        command = [sys.executable, "-m", "streams.cli", "replay", str(file), "--feed", "hotline"]
        environ = {**os.environ, **environment_of(settings)}
        return subprocess.Popen(tied(command), env=environ, stdout=subprocess.DEVNULL)

    def leader_of(self, topic: str, partition: int) -> int:
        """The node that leads a partition now."""
        with Broker(self.kafka.servers) as broker:
            [described] = broker._ask(lambda admin: admin.describe_topics([topic]))
        leaders: dict[int, int] = {one["partition_index"]: one["leader_id"] for one in described["partitions"]}
        return leaders[partition]

    def warehouse(self) -> ServerWarehouse:
        """A connection to ClickHouse beside all links, to be closed by the caller."""
        return ServerWarehouse(self.clickhouse.url, PASSWORD, self.clickhouse.http_port)


def process_of(worker: Worker) -> subprocess.Popen[bytes]:
    """The process of a started worker."""
    process: Any = worker._process
    return process


@contextmanager
def running_stack(folder: Path, city: Path, workers: int = FIRST_WORKERS) -> Iterator[Stack]:
    """A stack whose workers are ready; everything is ended with the body."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clickhouse.secret").write_text(PASSWORD)
    with ExitStack() as ends:
        disk = ends.enter_context(_small_disk(folder / "disk"))
        clickhouse = ends.enter_context(ClickHouseServer(disk or folder / "clickhouse"))
        links = ends.enter_context(Links())
        ports = [[free_port() for _ in range(BROKERS)] for _ in range(SLOTS)]
        kafka_links = [[links.add(port) for port in bound] for bound in ports]
        listeners = [
            Listener(f"WORKER{slot}", ports[slot], [link.port for link in kafka_links[slot]]) for slot in range(SLOTS)
        ]
        kafka = ends.enter_context(KafkaServer(folder / "kafka", BROKERS, JAVA, listeners=listeners, settings=SETTINGS))
        clickhouse_links = [links.add(clickhouse.port) for _ in range(SLOTS)]
        stack = Stack(folder, load_city(city), city, kafka, clickhouse, kafka_links, clickhouse_links, disk)
        with closing(stack.warehouse()) as warehouse:
            pretend_migrated(warehouse)
        ends.callback(_end_workers, stack)
        for slot in range(workers):
            stack.start_worker(slot)
        for worker in list(stack.workers.values()):
            worker.wait_ready(READY_S, lambda: False)
        yield stack


def _end_workers(stack: Stack) -> None:
    for slot in list(stack.workers):
        stack.signal_worker(slot, signal.SIGCONT)
        stack.remove_worker(slot)


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own for ClickHouse, so that it can be filled; None where this user may not mount one."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def any_worker(stack: Stack, rng: Random) -> int:
    """A slot with a worker."""
    return rng.choice(sorted(stack.workers))
