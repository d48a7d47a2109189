"""Where a worker's time goes: py-spy's samples of a running process, summed up by function."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.errors import SanwangError
from streams.flow.child import tied

RATE = 200  # samples a second


@contextmanager
def profiled(pid: int, file: str) -> Iterator[None]:
    """Sample the process into `file` (collapsed stacks) while the body runs; does nothing without a file."""
    if not file:
        yield
        return
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if spy is None:
        raise SanwangError("a profile needs py-spy: install requirements/bench.lock")
    command = [spy, "record", "--nonblocking", "-r", str(RATE), "-f", "raw", "-d", "3600", "-o", file, "-p", str(pid)]
    process = subprocess.Popen(tied(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def by_function(file: Path) -> list[tuple[str, float, float]]:
    """Functions with their own and their cumulative share of the samples, most own time first."""
    own: Counter[str] = Counter()
    cumulative: Counter[str] = Counter()
    for line in file.read_text("utf-8").rstrip("\n").split("\n"):  # a name that was read amiss may hold other ends
        stack, _, count = line.rpartition(" ")
        frames = [frame.rpartition(":")[0] or frame for frame in stack.split(";")]
        own[frames[-1]] += int(count)
        for frame in set(frames):
            cumulative[frame] += int(count)
    total = max(1, own.total())
    return [(frame, count / total, cumulative[frame] / total) for frame, count in own.most_common()]
