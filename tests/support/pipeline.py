"""The whole pipeline for a test: a broker, worker processes on it, a seeded storm, and the account at the end."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.city.city import City
from streams.config import ClickHouse, Kafka, Privacy, Settings, Telemetry
from streams.demo.worker import Worker
from streams.flow.account import Account, wait_closed
from streams.flow.topics import FEED_TOPICS
from streams.intake.sender import Sender
from streams.intake.simulator import Simulator, profile_named
from streams.intake.simulator.play import Fed, value_of
from streams.warehouse.asking import Asking
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.ports import free_port

READY_S = 120.0
STOP_S = 20.0


def settings_on(servers: str, folder: Path, city: Path, **kafka: Any) -> Settings:
    """Settings of a worker on free ports that keeps everything in `folder`."""
    return Settings(
        city=str(city),
        kafka=Kafka(bootstrap=servers, rebalance_timeout_s=2.0, session_timeout_s=6.0, fetch_wait_ms=5, **kafka),
        clickhouse=ClickHouse(url=f"embedded:{folder / 'clickhouse'}", http_port=free_port()),
        telemetry=Telemetry(port=free_port()),
        privacy=Privacy(key_file=str(folder / "hash.key")),
    )


class Pipeline:
    """Workers on one broker. `settings` are the first worker's; all share its city and key."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.asking = Asking(settings.clickhouse)
        self._folder = folder
        self._starts = itertools.count(1)
        self.worker = self._new_worker()

    def _new_worker(self) -> Worker:
        return Worker(self.settings, self._folder / f"worker{next(self._starts)}.log")

    def start(self) -> None:
        """Start the worker and wait until it is ready."""
        self.worker.start()
        self.worker.wait_ready(READY_S, lambda: False)

    def kill(self) -> None:
        """SIGKILL: no goodbye, no flush, no commit."""
        process = self.worker._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self) -> None:
        """A new process on the same broker and folder."""
        self.worker = self._new_worker()
        self.start()

    def account(self, seconds: float) -> Account:
        """The account, as soon as it closes or after `seconds`."""
        return wait_closed(self.settings, seconds, lambda: not self.worker.alive)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.asking.query(sql)


@contextmanager
def pipeline(settings: Settings, folder: Path) -> Iterator[Pipeline]:
    """A pipeline whose worker is ready; stopped at the end, whatever happens."""
    running = Pipeline(settings, folder)
    try:
        running.start()
        yield running
    finally:
        running.worker.stop(STOP_S)


def storm(city: City, seed: int, records: int, rate: float = 2000.0) -> list[Fed]:
    """A storm that begins now: `records` records, some of them redelivered or broken."""
    now = int(time.time() * 1000) - int(records / rate * 1000)
    return list(itertools.islice(Simulator(city, seed, now, profile_named("storm"), rate), records))


async def send(settings: Settings, fed: list[Fed]) -> None:
    """Send records as fast as they go; returns when all are confirmed."""
    codec = Codec(FileSource())
    async with Sender(settings.kafka, tuple(FEED_TOPICS)) as sender:
        for one in fed:
            await sender.add(one.topic, one.key, value_of(one, codec))
        await sender.flush()
