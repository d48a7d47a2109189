"""A process that is started for a test and ended by its id, whatever happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.flow.child import tied

STOP_SECONDS = 20


def required(command: str, package: str) -> str:
    """The path of a command; skips (in CI: fails) where it is missing."""
    found = shutil.which(command)
    if not found:
        fail = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        fail(f"no {command} on this machine: apt-get install {package}")
    return str(found)


@contextmanager
def started(
    command: Sequence[str], log: Path, answers: Callable[[], bool], seconds: float = 30,
    environ: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run `command` while the body does; its output goes to `log`, and the body begins when it `answers`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            tied(list(command)), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environ
        )
    try:
        ends = time.monotonic() + seconds
        while not answers():
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < ends, log.read_text(errors="replace")[-3000:]
            time.sleep(0.2)
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
