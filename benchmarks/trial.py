"""One trial: fresh broker, fresh warehouse, one contender, one drive; measured at the outputs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks.drive import Drive, Driven, Stream
from benchmarks.histogram import Histogram
from benchmarks.orders import OrderWatch
from benchmarks.places import cache_folder, city_folder
from benchmarks.profiling import profiled
from benchmarks.programs import BrokerAt, Contender, DriverProcess, ProgramFailedError, broker_of, running
from benchmarks.rows import RowWatch, Seen
from benchmarks.usage import Usage, Used
from streams.config import ClickHouse, Kafka, Privacy, Settings, Telemetry
from streams.demo.worker import free_port
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.topics import ALL_TOPICS, config_of

KEEP_ORDERS = 500_000  # in memory, to be compared later
WARM_S = 3.0  # or a fifth of a short trial: connections and caches are not what is asked for


class Plan(msgspec.Struct, frozen=True):
    """What a trial is."""

    name: str
    streams: list[Stream]
    contender: str = "sanwang"
    broker: str = "kafka"
    workers: int = 1
    partitions: int = 4
    backlog: bool = False  # send everything first, then start the contender
    lateness: bool = False  # how late each row is: costs a query with many rows, ten times a second
    drain_s: float = 120.0
    profile: str = ""  # file for py-spy's samples of the first worker

    @property
    def records(self) -> int:
        """All records that will be sent."""
        return sum(stream.records for stream in self.streams)


class Result(msgspec.Struct, frozen=True):
    """What came of a trial. Times in seconds, histograms in ms."""

    plan: Plan
    drained: bool  # every record had its row in time
    rows: int
    ready_s: float  # from start of the process until it took records
    drain_s: float  # open loop: from the last record sent until its row; backlog: from start until the last row
    rows_per_s: float  # between 10 % and 90 % of the rows
    orders: int
    latency: dict[str, Histogram]
    usage: dict[str, Used]
    driven: Driven
    progress: list[Seen]
    log_bytes: int  # of the broker's log, Apache Kafka only
    warehouse_bytes: int


def run_trial(plan: Plan) -> Result:
    """Run it; raises ProgramFailedError when one of its processes fails."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        broker = stack.enter_context(broker_of(plan.broker, folder / "broker"))
        make_topics(broker.servers, plan.partitions)
        made = contenders_of(plan.contender, plan.workers, plan.partitions, broker, folder)
        contenders = stack.enter_context(running(made))
        driver = DriverProcess(_drive(plan, broker))
        stack.callback(driver.stop)
        return _measure(plan, broker, contenders, driver, folder)


def _measure(
    plan: Plan, broker: BrokerAt, contenders: Sequence[Contender], driver: DriverProcess, folder: Path
) -> Result:
    driver.wait_ready()
    driven: Driven | None = None
    if plan.backlog:
        driver.go()
        driven = driver.wait_done()
    for contender in contenders:
        contender.start()
    roles = {f"worker {n}": c.pid for n, c in enumerate(contenders, 1)} | {"broker": broker.pid}
    roles |= {"driver": driver.pid, "measuring": os.getpid()}
    keep = plan.records // KEEP_ORDERS + 1
    rows = RowWatch([c.asking for c in contenders], 0.2 if plan.lateness else 0.25, lateness=plan.lateness)
    with rows, OrderWatch(broker.servers, plan.partitions, keep) as orders:
        ready_s = max(contender.wait_ready() for contender in contenders)
        with Usage(roles) as usage, profiled(contenders[0].pid, plan.profile):
            if driven is None:
                driver.go()
                driven = driver.wait_done()
            drained = rows.wait(plan.records, plan.drain_s, lambda: all(one.alive for one in contenders))
    dead = [one for one in contenders if not one.alive]
    if dead:
        raise ProgramFailedError(f"{dead[0].name} ended after {rows.rows} rows\n{dead[0].last_words()}")
    since = driven.started_ms + min(WARM_S * 1000, (driven.ended_ms - driven.started_ms) / 5)
    begun_ms = contenders[0].started_at * 1000 if plan.backlog else driven.ended_ms
    latency = {} if plan.backlog else {f"order {feed}": one for feed, one in orders.latencies(since).items()}
    if plan.lateness:
        latency["row"] = rows.latencies(since)
    return Result(
        plan, drained, rows.rows, round(ready_s, 2), _seconds(begun_ms, rows, plan.records),
        round(rows.rate(plan.records), 1), orders.count, latency, usage.used(), driven, rows.seen,
        _size(broker.folder) if broker.kind == "kafka" else 0,
        sum(_size(folder / f"worker{number}") for number in range(plan.workers)),
    )


def _seconds(begun_ms: float, rows: RowWatch, records: int) -> float:
    ended = next((seen.at_ms for seen in rows.seen if seen.rows >= records), time.time() * 1000)
    return round((ended - begun_ms) / 1000, 2)


def contenders_of(name: str, workers: int, partitions: int, broker: BrokerAt, folder: Path) -> list[Contender]:
    """The processes that will do the job, one warehouse folder each: chDB lets one process use a folder."""
    made = []
    for number in range(workers):
        home = folder / f"worker{number}"
        home.mkdir(parents=True)
        settings = Settings(
            city=str(city_folder()),
            kafka=Kafka(bootstrap=broker.servers, partitions=partitions, rebalance_timeout_s=2.0),
            clickhouse=ClickHouse(url=f"embedded:{home / 'clickhouse'}", http_port=free_port(0)),
            telemetry=Telemetry(port=free_port(0)),
            privacy=Privacy(key_file=str(folder / "hash.key")),
        )
        made.append(Contender(name, settings, folder / f"{name}{number}.log"))
    return made


def make_topics(servers: str, partitions: int) -> None:
    """All topics of the pipeline."""
    with Broker(servers) as broker:
        broker.create_topics(TopicSpec(topic, partitions, 1, config_of(topic)) for topic in ALL_TOPICS)
        broker.end_offsets(ALL_TOPICS)  # every partition has its leader when this is answered


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a trial, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sanwang-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _drive(plan: Plan, broker: BrokerAt) -> Drive:
    return Drive(broker.servers, plan.partitions, str(city_folder()), str(cache_folder()), plan.streams)


def _size(folder: Path) -> int:
    """Bytes on disk under a folder."""
    said = subprocess.run(["du", "-sk", str(folder)], capture_output=True, text=True, check=False).stdout
    return int(said.split()[0]) * 1024 if said else 0
