"""The demo as somebody meets it who reads its first lines: the board, the password, the curl line, the ports."""

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
from typing import NamedTuple

import psutil

from streams.config import ClickHouse
from streams.warehouse.remote import RemoteWarehouse
from tests.support.asked import get

START_S, END_S = 120.0, 60.0
_LAST = "Ctrl-C ends it"  # of the first lines


class RunningDemo(NamedTuple):
    """What the first lines say."""

    said: str
    board: str  # address
    password: str  # of `admin`
    curl: str  # the command that files a report
    door: str  # host and port
    data: Path
    warehouse: RemoteWarehouse


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[RunningDemo]:
    """A demo of its own folder whose board answers; ended as Ctrl-C does, whatever happens."""
    data, output = folder / "data", folder / "demo.out"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SANWANG_")}
    command = [sys.executable, "-m", "streams.cli", "demo", "--data", str(data), *options]
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environ
        )
    try:
        yield _read(process, output, data)
    finally:
        _end(process)


def _read(process: subprocess.Popen[bytes], output: Path, data: Path) -> RunningDemo:
    def said() -> str:
        return output.read_text("utf-8", errors="replace")

    _wait(lambda: _LAST in said(), process, said)
    text = said()
    found = {
        name: re.search(pattern, text)
        for name, pattern in (
            ("board", r"Board: (http://\S+)"), ("password", r"password (\S+);"), ("curl", r"(?m)^  (curl -H .*)$"),
            ("door", r"(127\.0\.0\.1:\d+)/v1/reports"), ("http", r"curl 127\.0\.0\.1:(\d+) -d"),
        )
    }  # fmt: skip
    told = {name: match[1] if match else "" for name, match in found.items()}
    assert all(told.values()), text
    _wait(lambda: get(int(told["board"].rpartition(":")[2]), "/healthz")[0] == 200, process, said)
    warehouse = RemoteWarehouse(ClickHouse(url="embedded:unused", http_port=int(told["http"])))
    return RunningDemo(text, told["board"], told["password"], told["curl"], told["door"], data, warehouse)


def _wait(holds: object, process: subprocess.Popen[bytes], said: object) -> None:
    assert callable(holds)
    assert callable(said)
    ends = time.monotonic() + START_S
    while not holds():
        assert process.poll() is None, said()
        assert time.monotonic() < ends, said()
        time.sleep(0.2)


def _end(process: subprocess.Popen[bytes]) -> None:
    children = psutil.Process(process.pid).children() if process.poll() is None else []
    process.send_signal(signal.SIGINT)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        for one in (*children, process):
            one.kill()
        process.wait()
