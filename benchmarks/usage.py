"""CPU and memory of the processes of a trial, sampled from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import msgspec
import psutil

EVERY_S = 0.5


class Used(msgspec.Struct, frozen=True):
    """What one role (worker, broker, driver) used: mean cores, CPU seconds, largest resident memory in MB."""

    cores: float
    cpu_s: float
    peak_mb: float
    mean_mb: float


class Usage:
    """Samples while it is entered."""

    def __init__(self, roles: Mapping[str, int]) -> None:
        """`roles` are process ids by name."""
        self._processes = {role: psutil.Process(pid) for role, pid in roles.items()}
        self._begun = {role: _cpu(process) for role, process in self._processes.items()}
        self._ended = dict(self._begun)
        self._memory: dict[str, list[int]] = {role: [] for role in roles}
        self._started = self._stopped = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def used(self) -> dict[str, Used]:
        """What was used up to the last sample."""
        seconds = max(self._stopped - self._started, 1e-6)
        return {
            role: Used(
                round((self._ended[role] - self._begun[role]) / seconds, 3),
                round(self._ended[role] - self._begun[role], 2),
                round(max(memory, default=0) / 1e6, 1),
                round(sum(memory) / max(len(memory), 1) / 1e6, 1),
            )
            for role, memory in self._memory.items()
        }

    def _watch(self) -> None:
        while True:
            for role, process in self._processes.items():
                try:
                    self._ended[role] = max(self._ended[role], _cpu(process))
                    self._memory[role].append(process.memory_info().rss)
                except psutil.Error:  # it has ended: what it used stays as last seen
                    continue
            self._stopped = time.monotonic()
            if self._stop.wait(EVERY_S):
                return


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
