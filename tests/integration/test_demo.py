"""The demo as a user runs it: it ends by itself or at Ctrl-C, its account closes, and a second one finds the first."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from streams.config import Settings, Telemetry
from streams.demo.run import run_demo
from streams.demo.worker import Worker, WorkerFailedError, free_port
from streams.errors import SanwangError

WORKING = "sent "  # begins in the first line that is shown while records are sent


@contextmanager
def demo(data: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SANWANG_")}
    command = [sys.executable, "-m", "streams.cli", "demo", "--rate", "100", "--data", str(data), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:  # a test failed: end what it began, children first
                for one in (*psutil.Process(process.pid).children(), process):
                    one.kill()


def output_until(process: subprocess.Popen[str], mark: str) -> str:
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if mark in line:
            return shown
    pytest.fail(f"the demo ended without saying {mark!r}:\n{shown}")


def rest(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    shown = process.stdout.read()
    process.wait(60)
    return shown


@pytest.mark.timeout(180)
def test_it_ends_by_itself_and_at_ctrl_c_and_the_second_finds_the_first(tmp_path: Path) -> None:
    with demo(tmp_path, "--seconds", "6") as first:
        shown = rest(first)
    assert first.returncode == 0, shown
    assert "reports of earlier runs" not in shown
    assert "lost 0" in shown
    assert "The first order came within" in shown

    with demo(tmp_path, "--profile", "storm") as second:
        shown = output_until(second, WORKING)
        children = psutil.Process(second.pid).children()
        second.send_signal(signal.SIGINT)
        shown += rest(second)
    assert second.returncode == 0, shown
    assert re.search(r"[1-9]\d* reports of earlier runs are there", shown)
    assert "The account closes" in shown
    assert len(children) == 4  # broker, worker, door and board
    assert not any(child.is_running() for child in children)


@pytest.mark.timeout(180)
def test_a_worker_that_dies_is_said_and_fails_the_demo(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        output_until(process, WORKING)
        [worker] = [child for child in psutil.Process(process.pid).children() if child.cmdline()[-1] == "run"]
        worker.kill()
        shown = rest(process)
    assert process.returncode == 1, shown
    assert "The worker ended with status -9" in shown
    assert "received = new + linked" in shown


def test_a_worker_that_cannot_start_is_said_with_its_own_words(tmp_path: Path) -> None:
    settings = Settings(city=str(tmp_path / "no-city"), telemetry=Telemetry(port=free_port(0)))
    worker = Worker(settings, tmp_path / "worker.log")
    began = time.monotonic()
    try:
        worker.start()
        with pytest.raises(WorkerFailedError, match=r"ended before it was ready[\s\S]*no-city[\s\S]*worker\.log"):
            worker.wait_ready(90, lambda: False)
    finally:
        worker.stop(5)
    assert time.monotonic() - began < 90


@pytest.mark.parametrize(("rate", "profile", "message"), [(-1.0, "calm", "rate -1"), (10.0, "windy", "no profile")])
def test_what_cannot_be_played_is_said_before_anything_starts(
    tmp_path: Path, rate: float, profile: str, message: str
) -> None:
    with pytest.raises(SanwangError, match=message):
        run_demo(1, rate, profile, None, tmp_path / "data")
    assert not (tmp_path / "data").exists()
