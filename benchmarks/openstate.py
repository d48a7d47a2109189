"""A worker with very many open incidents: its memory, and how long it takes to recover them from Kafka."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import psutil

from benchmarks.corecost import records_of
from benchmarks.corework import CoreWork
from benchmarks.places import city_folder
from benchmarks.programs import broker_of, running
from benchmarks.trial import contenders_of, make_topics, scratch
from streams.config import Kafka
from streams.core.decision import Incident
from streams.core.event import Event
from streams.errors import SanwangError
from streams.flow.batches import Outgoing
from streams.flow.publisher import Publisher
from streams.flow.state import state_records
from streams.flow.terms import stamped
from streams.flow.topics import INCIDENTS, partition_of
from streams.intake.simulator.profile import CALM

PARTITIONS = 4
MODELS = 6_000  # simulated records whose incidents are copied to other places
AT_ONCE = 5_000
SETTLE_S = 5.0


class Recovered(msgspec.Struct, frozen=True):
    """A worker with so many open incidents."""

    incidents: int
    broker: str
    empty_mb: float  # of the same worker without any
    memory_mb: float
    peak_mb: float  # while recovering
    bytes_each: float
    ready_s: float  # from the start of the process
    recovery_s: float  # by how much later than without any


def open_incidents(work: CoreWork, city: Path, count: int, now_ms: int, seed: int = 1) -> Iterator[Incident]:
    """`count` different open incidents: those of simulated reports, copied to other grids of the city."""
    rng = random.Random(seed)
    grids = [a for a in work.city.areas.values() if a.level == "grid" and a.lon is not None and a.lat is not None]
    models = _models(work, city)
    for number in range(count):
        model, grid = models[number % len(models)], grids[int(rng.random() * len(grids))]
        lon, lat = (grid.lon or 0.0) + rng.gauss(0, 0.002), (grid.lat or 0.0) + rng.gauss(0, 0.002)
        yield msgspec.structs.replace(
            model, incident_id=f"grid:ST{number:09d}", source_partition=number % PARTITIONS,
            source_offset=number // PARTITIONS, area=grid.code, lon=lon, lat=lat, first_at=now_ms, last_at=now_ms,
            opened_at=now_ms, touched=now_ms, text=model.text[:],
        )


def _models(work: CoreWork, city: Path) -> list[Incident]:
    events = (work.take(one, one.timestamp) for one in records_of(work, city, CALM.name, MODELS))
    desk = work.new_desk()
    decisions = [desk.decide(event, event.clock) for event in events if isinstance(event, Event)]
    return [d.incident for d in decisions if d.outcome == "new" and d.incident]


def recovered(count: int, broker_kind: str) -> Recovered:
    """Write the state of `count` incidents, start a worker on it; the same worker without state beside."""
    empty, _, started_s = _worker_with(0, broker_kind)
    memory, peak, ready_s = _worker_with(count, broker_kind)
    return Recovered(
        count, broker_kind, round(empty / 1e6, 1), round(memory / 1e6, 1), round(peak / 1e6, 1),
        round((memory - empty) / max(count, 1), 1), round(ready_s, 2), round(ready_s - started_s, 2),
    )


def _worker_with(count: int, broker_kind: str) -> tuple[float, float, float]:
    """Memory, peak of memory (bytes), seconds until ready."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        broker = stack.enter_context(broker_of(broker_kind, folder / "broker"))
        make_topics(broker.servers, PARTITIONS)
        if count:
            asyncio.run(_write_state(broker.servers, count))
        [worker] = stack.enter_context(running(contenders_of("sanwang", 1, PARTITIONS, broker, folder)))
        worker.start()
        ready_s = worker.wait_ready()
        time.sleep(SETTLE_S)
        metrics = worker._worker.metrics()
        _check_count(metrics, count)
        process = psutil.Process(worker.pid)
        return process.memory_info().rss, _peak(worker.pid), ready_s


async def _write_state(servers: str, count: int) -> None:
    city = city_folder()
    work = CoreWork(city, PARTITIONS)
    publisher = Publisher(Kafka(bootstrap=servers, partitions=PARTITIONS), lambda _topic: None)
    await publisher.start()
    waiting: dict[int, list[Outgoing]] = defaultdict(list)
    for incident in open_incidents(work, city, count, int(time.time() * 1000)):
        partition = partition_of(incident.area, PARTITIONS)
        waiting[partition] += stamped(0, state_records([incident], []))
        if len(waiting[partition]) >= AT_ONCE:
            await publisher.send(INCIDENTS, partition, waiting.pop(partition))
    await publisher.send_all(INCIDENTS, waiting)
    await publisher.stop()


def _check_count(metrics: str, count: int) -> None:
    """Raise unless the worker says that it has all of them."""
    found = sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("sanwang_open_incidents{"))
    if found != count:
        raise SanwangError(f"the worker recovered {found:.0f} of {count} incidents")


def _peak(pid: int) -> float:
    """The largest resident memory that the kernel has seen of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return next((float(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
