"""One round: load, a fault in its middle, and the recount once everything has come through."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import Self

import msgspec
import psutil

from faults.kinds import Fault
from faults.load import Item, feed, items_of, skew_of
from faults.recount import Recount, Verdict
from faults.stack import Stack, process_of
from streams.errors import SanwangError
from streams.flow.account import take_account
from streams.flow.brokers import Broker
from streams.flow.publisher import PAUSES_S
from streams.flow.topics import CASEWORK, EVENTS, EVENTS_URGENT, LEDGER
from streams.warehouse.port import Warehouse

BEFORE_S = 1.0  # of load before the fault
PATIENCE_S = 120.0  # until a round counts as not recovered
POLL_S = 0.25
STRAGGLING_S = PAUSES_S[-1] + 1.0  # a worker that was cut off has repeated its sends by then, which are told again
MEMORY_MB = 1000  # of one worker, at most; one without work has about 450


class Round(msgspec.Struct, frozen=True):
    """What came of a round; `recovery_s` runs from the fault's end, or the last record's, to the closed account."""

    seed: int
    number: int
    fault: str
    verdict: Verdict
    recovery_s: float
    memory_mb: int
    restarts: int
    at: float

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or wrong, in time and within the memory."""
        return self.verdict.good and self.memory_mb <= MEMORY_MB and self.recovery_s < PATIENCE_S


def play(stack: Stack, recount: Recount, warehouse: Warehouse, fault: Fault, seed: int, number: int) -> Round:
    """Play one round; raises what the harness itself cannot do, never what the pipeline does wrong."""
    rng = Random(f"{seed}/{number}/{fault.name}")
    items = items_of(fault.load, stack.city, seed, number)
    restarts = stack.restarts
    with Feeding(stack.kafka.servers, items, skew_of(fault.load, seed, number)) as feeding, _Watch(stack) as watch:
        time.sleep(BEFORE_S)
        end = fault.begin(stack, rng)
        time.sleep(rng.choice(fault.seconds))
        end()
        feeding.wait()
        healed = time.monotonic()
        wait_closed(stack, warehouse)
        recovery = time.monotonic() - healed
        time.sleep(max(0.0, STRAGGLING_S - recovery))
        wait_told(stack)
    verdict = recount.check((item.topic, item.value) for item in items if item.dead)
    return Round(seed, number, fault.name, verdict, round(recovery, 2), watch.peak_mb, stack.restarts - restarts,
                 time.time())  # fmt: skip


def wait_closed(stack: Stack, warehouse: Warehouse) -> None:
    """Return when all that was received is in ClickHouse, or when nobody waits any more."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        try:
            with Broker(stack.kafka.servers) as broker:
                if take_account(broker, warehouse).closed:
                    return
        except SanwangError:
            pass  # not yet
        stack.supervise()
        time.sleep(POLL_S)


def wait_told(stack: Stack) -> None:
    """Return when what was sent by now has come through from topic to topic, or when nobody waits any more.

    After a crash, what is known is told again: its records have their rows from before, and the account is closed.
    """
    ends = time.monotonic() + PATIENCE_S
    for topics in ((EVENTS_URGENT, EVENTS), (CASEWORK,), (LEDGER,)):  # each leads to records of the next
        while time.monotonic() < ends and not _worked_off(stack, topics):
            stack.supervise()
            time.sleep(POLL_S)


def _worked_off(stack: Stack, topics: Sequence[str]) -> bool:
    """Whether every record of these topics is done with; not while no broker answers."""
    try:
        with Broker(stack.kafka.servers) as broker:
            done = broker.committed(stack.settings(0).kafka.group)
            return all(done.get(place, 0) >= end for place, end in broker.end_offsets(topics).items())
    except SanwangError:
        return False


class Feeding:
    """The load, in a thread of its own; leaving the body waits for it."""

    def __init__(self, servers: str, items: Sequence[Item], skew_ms: int) -> None:
        self._error: BaseException | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, args=(servers, items, skew_ms), name="feeding")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = error is not None
        self._thread.join()

    def wait(self) -> None:
        """Return when everything is confirmed; raises what stopped it."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self, servers: str, items: Sequence[Item], skew_ms: int) -> None:
        try:
            asyncio.run(feed(servers, items, skew_ms, lambda: self._stopped))
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self._error = error


class _Watch:
    """Looks after the workers while a round lasts: their memory, and whether their supervisor must act."""

    def __init__(self, stack: Stack, seconds: float = 0.5) -> None:
        self.peak_mb = 0
        self._stack = stack
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self.peak_mb = max([self.peak_mb, *(memory_mb(self._stack, slot) for slot in list(self._stack.workers))])


def memory_mb(stack: Stack, slot: int) -> int:
    """Resident memory of a slot's worker, 0 where none runs."""
    worker = stack.workers.get(slot)
    if worker is None or not worker.alive:
        return 0
    try:
        return int(psutil.Process(process_of(worker).pid).memory_info().rss >> 20)
    except psutil.Error:  # it ended this moment
        return 0
