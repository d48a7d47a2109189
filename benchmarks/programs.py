"""The processes of a trial: the broker, the workers or the peer, the driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.drive import Drive, Driven
from benchmarks.rows import Asking
from streams.config import PREFIX, Settings, environment_of
from streams.demo.worker import Worker
from streams.errors import SanwangError
from streams.flow.child import tied
from streams.flow.embedded import EmbeddedBroker

READY_S = 300.0  # a worker may have a million incidents to recover
STOP_S = 20.0
POLL_S = 0.05
BROKERS = ("kafka", "embedded")
#: Of the broker: the garbage collector that Kafka's own scripts choose (the serial one stops it for 40 ms at a time).
#: Its second compiler would be at work for the whole of a short run, on the cores that are measured.
JAVA_OPTIONS = (
    "-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:TieredStopAtLevel=1", "-Dorg.apache.logging.log4j.level=INFO",
)


class BrokerAt(NamedTuple):
    """A running broker."""

    kind: str
    servers: str
    pid: int
    folder: Path


class ProgramFailedError(SanwangError):
    """A process of a trial ended, or does not get ready."""


@contextmanager
def broker_of(kind: str, folder: Path) -> Iterator[BrokerAt]:
    """A fresh broker: Apache Kafka with one node, or the embedded one."""
    if kind == "embedded":
        with EmbeddedBroker(f"bench-{time.time_ns()}", folder) as broker:
            yield BrokerAt(kind, broker.servers, broker.pid or 0, folder)
    elif kind == "kafka":
        from tests.support import kafka_libs  # the broker of the tests, started from Maven's jars
        from tests.support.kafka_server import KafkaServer

        if reason := kafka_libs.missing():
            raise ProgramFailedError(reason)
        with KafkaServer(folder, java_options=JAVA_OPTIONS) as server:
            yield BrokerAt(kind, server.servers, server._processes[0].pid, folder)
    else:
        raise SanwangError(f"there is no broker {kind!r}; there are {', '.join(BROKERS)}")


class Contender:
    """One process that does the job: a worker of ours, or a peer. Started on entry, stopped on exit."""

    def __init__(self, name: str, settings: Settings, log: Path) -> None:
        self.name = name
        self.settings = settings
        self.log = log
        self.asking = Asking(settings.clickhouse.http_port)
        self.started_at = 0.0
        self._worker = Worker(settings, log)  # asked for its health, and started if it is ours
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        process = self._process or self._worker._process
        if process is None:
            raise ProgramFailedError(f"{self.name} was not started")
        return process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._worker.alive if self.name == "sanwang" else bool(self._process and self._process.poll() is None)

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        self.started_at = time.time()
        if self.name == "sanwang":
            self._worker.start()
            return
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                tied([sys.executable, "-m", "benchmarks.peers", self.name]), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env={**inherited, **environment_of(self.settings)}, start_new_session=True,
            )

    def wait_ready(self) -> float:
        """Wait until it takes records; returns how many seconds after its start that was."""
        if self.name == "sanwang":
            self._worker.wait_ready(READY_S, lambda: False)
            return time.time() - self.started_at
        deadline = time.time() + READY_S
        while not self._answers():
            if not self.alive or time.time() > deadline:
                raise ProgramFailedError(f"{self.name} does not get ready\n{self.last_words()}")
            time.sleep(POLL_S)
        return time.time() - self.started_at

    def _answers(self) -> bool:
        try:
            return bool(self.asking.query("SELECT 1"))
        except SanwangError:
            return False

    def stop(self) -> None:
        """Ask it to stop, and end it when it does not."""
        self._worker.stop(STOP_S)
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text("utf-8", errors="replace").strip().splitlines()[-15:])


class DriverProcess:
    """The driver as a process of its own."""

    def __init__(self, drive: Drive) -> None:
        self._process = subprocess.Popen(
            tied([sys.executable, "-m", "benchmarks.drive", msgspec.json.encode(drive).decode()]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.pid = self._process.pid

    def wait_ready(self) -> None:
        """Wait until its load is at hand and the broker is connected."""
        self._line()

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe by construction
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def wait_done(self) -> Driven:
        """Wait until everything is sent and confirmed."""
        return msgspec.convert(json.loads(self._line()), Driven, strict=False)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - likewise
        line = self._process.stdout.readline()
        if not line:
            raise ProgramFailedError(f"the driver ended (status {self._process.wait()})")
        return line


@contextmanager
def running(contenders: Sequence[Contender]) -> Iterator[Sequence[Contender]]:
    """Contenders, stopped at the end whatever happens; starting them is the trial's."""
    try:
        yield contenders
    finally:
        for contender in contenders:
            contender.stop()
