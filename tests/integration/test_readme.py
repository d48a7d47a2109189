"""The READMEs as a user follows them: every command block runs as written and shows what it says; links lead somewhere.

A comment before each block says what becomes of it here:
`run: A | B` runs it, and its output must have A and B; `run, exit 1` expects that status; `run with shared data` needs
real files; `terminal` starts it and leaves it running until the next one, or the end; `worker` does so with a broker
and a warehouse in the place of those of its file; `not run` says why.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest

from streams.config import PREFIX, Settings, environment_of
from streams.flow.embedded import EmbeddedBroker
from streams.telemetry.door_metrics import DoorMetrics, PushMetrics
from streams.telemetry.metrics import Metrics
from tests.support.ports import free_port

CHECKOUT = Path(__file__).parents[2]
README, CHINESE = CHECKOUT / "README.md", CHECKOUT / "README.zh-CN.md"
OPERATIONS, HTTP = CHECKOUT / "docs" / "operations.md", CHECKOUT / "docs" / "http.md"
DOCUMENTS = [README, CHINESE, CHECKOUT / "CONTRIBUTING.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
STARTED, PLAYING = "Ctrl-C ends it", " sent "
START_S, END_S, BLOCK_S = 90.0, 90.0, 180.0
_FENCED = re.compile(
    r"^(?:<!-- (?P<mark>.*?) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_NAMED = re.compile(r"`((?:streams|tests|deploy|schemas|docs|benchmarks)/[\w./-]*)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


class Block(NamedTuple):
    """One command block and what its mark says of it."""

    kind: str  # run, run with shared data, terminal, worker, not run
    status: int
    shows: tuple[str, ...]
    code: str


def blocks_of(file: Path) -> list[Block]:
    blocks = []
    for found in _FENCED.finditer(file.read_text("utf-8")):
        if found["language"] == "bash":
            assert found["mark"], f"{file.name}: no mark before {found['code']!r}"
            head, _, shows = found["mark"].partition(": ")
            kind, _, status = head.partition(", exit ")
            blocks.append(Block(kind, int(status or 0), tuple(shows.split(" | ")) if shows else (), found["code"]))
    return blocks


class Walk:
    """Somebody with two terminals in a folder that has `.venv` and what the checkout has."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        for name, target in ((".venv", Path(sys.prefix)), ("deploy", CHECKOUT / "deploy")):
            (folder / name).symlink_to(target)
        self._folder = folder
        self._stack = stack
        self._before = ""  # what the second terminal was told once
        self._environ = {name: v for name, v in os.environ.items() if not name.startswith((PREFIX, "DEMO_"))}
        self._ports: dict[str, str] = {}  # the ports that the README names, where others had to be taken
        self._end = ExitStack()  # of what the first terminal runs
        stack.callback(self._end.close)

    def follow(self, block: Block) -> None:
        match block.kind:
            case "run" | "run with shared data":
                self._run(block)
            case "terminal":
                self._end.close()
                self._end.enter_context(self._demo(block))
            case "worker":
                self._end.close()
                self._end.enter_context(self._worker(block))
            case _:
                assert block.kind == "not run"

    def finish(self) -> None:
        self._end.close()

    def _run(self, block: Block) -> None:
        code = block.code
        for port, taken in self._ports.items():
            code = code.replace(port, taken)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._before + code], cwd=self._folder, env=self._environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BLOCK_S, check=False,
        )  # fmt: skip
        assert done.returncode == block.status, f"{block.code}\n{done.stdout}"
        for shown in block.shows:
            assert shown in done.stdout, f"{block.code}\n{done.stdout}"
        if code.startswith("export "):
            self._before += code

    @contextmanager
    def _demo(self, block: Block) -> Iterator[None]:
        command = block.code.replace("make demo", ".venv/bin/sanwang demo")
        with self._started(command, {}) as (process, output):
            mark = STARTED if "--rate 0" in command else PLAYING
            shown = wait_for(lambda: mark in output.read_text("utf-8"), process, output)
            http, metrics = re.search(r"curl (\S+) ", shown), re.search(r"Metrics: http://(\S+)/metrics", shown)
            assert http
            assert metrics
            door = re.search(r"(127\.0\.0\.1:\d+)/v1/reports", shown)
            assert door
            broker = re.search(r"SANWANG_KAFKA_BOOTSTRAP=(\S+)", shown)
            self._environ |= {"SANWANG_KAFKA_BOOTSTRAP": broker[1]} if broker else {}
            self._ports = {"127.0.0.1:8123": http[1], "127.0.0.1:8087": metrics[1], "127.0.0.1:8089": door[1]}
            yield
            process.send_signal(signal.SIGINT)
            assert process.wait(END_S) == 0, output.read_text("utf-8")
        self._environ.pop("SANWANG_KAFKA_BOOTSTRAP", None)
        for text in block.shows:
            assert text in output.read_text("utf-8")

    @contextmanager
    def _worker(self, block: Block) -> Iterator[None]:
        telemetry = free_port()
        ready = f"http://127.0.0.1:{telemetry}/readyz"
        with EmbeddedBroker(f"readme-{os.getpid()}", self._folder / "broker", free_port()) as broker:
            instead = {
                "KAFKA_BOOTSTRAP": broker.servers, "KAFKA_REPLICATION": "1", "KAFKA_REBALANCE_TIMEOUT_S": "2",
                "CLICKHOUSE_URL": "embedded:warehouse", "CLICKHOUSE_HTTP_PORT": str(free_port()),
                "CLICKHOUSE_PASSWORD_FILE": "", "TELEMETRY_PORT": str(telemetry),
            }  # fmt: skip
            self._environ |= {PREFIX + name: value for name, value in instead.items()}
            self._ports = {"127.0.0.1:8087": f"127.0.0.1:{telemetry}"}
            with self._started(block.code, self._environ) as (process, output):
                wait_for(lambda: answers(ready), process, output)
                yield
                process.send_signal(signal.SIGTERM)
                assert process.wait(END_S) == 0, output.read_text("utf-8")

    @contextmanager
    def _started(self, command: str, more: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        output = self._folder / "terminal.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", f"{self._before}exec {command}"], cwd=self._folder, env=self._environ | dict(more),
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            yield process, output
        finally:
            if process.poll() is None:  # a block failed: end what it began, children first
                for one in (*psutil.Process(process.pid).children(recursive=True), process):
                    one.kill()
                process.wait()


def wait_for(condition: object, process: subprocess.Popen[bytes], output: Path) -> str:
    """The output so far, when `condition()` holds."""
    assert callable(condition)
    ends = time.monotonic() + START_S
    while not condition():
        shown = output.read_text("utf-8")
        assert process.poll() is None, shown
        assert time.monotonic() < ends, shown
        time.sleep(0.2)
    return output.read_text("utf-8")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    with ExitStack() as stack:
        yield Walk(tmp_path, stack)


@pytest.mark.timeout(600)
def test_every_command_works_as_written(walk: Walk) -> None:
    blocks = blocks_of(README)
    assert {block.kind for block in blocks} >= {"run", "terminal", "worker", "not run"}
    for block in blocks:
        if block.kind != "run with shared data":  # the test below
            walk.follow(block)
    walk.finish()


@pytest.mark.timeout(600)
def test_the_public_files_go_through_as_written(walk: Walk, shared_data: Path, tmp_path: Path) -> None:
    for file in shared_data.iterdir():
        (tmp_path / file.name).symlink_to(file)
    blocks = blocks_of(README)
    [public] = [block for block in blocks if block.kind == "run with shared data"]
    for block in blocks:
        if block.code.startswith("export "):
            walk.follow(block)
        if "--rate 0" in block.code:
            walk.follow(block._replace(shows=()))
    walk.follow(public)
    walk.finish()


def test_make_demo_is_the_command_that_is_walked_through() -> None:
    assert "@$(BIN)/sanwang demo" in (CHECKOUT / "Makefile").read_text("utf-8")


def test_both_languages_have_the_same_blocks() -> None:
    told = [[found.group() for found in _FENCED.finditer(file.read_text("utf-8"))] for file in (README, CHINESE)]
    assert told[0] == told[1]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_links_and_named_files_are_there(document: Path) -> None:
    text = document.read_text("utf-8")
    links = [document.parent / link for link in _LINK.findall(text)]
    named = [CHECKOUT / name for name in _NAMED.findall(text)]
    assert [str(file) for file in links + named if not file.exists()] == []


def test_the_runbook_lists_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `(SANWANG_\w+)` \| (.*?) \|", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    defaults = environment_of(msgspec.convert({}, Settings))
    assert dict(rows) == {name: f"`{value}`" if value else "" for name, value in defaults.items()}


def test_the_runbook_names_metrics_that_exist() -> None:
    every = (Metrics(), DoorMetrics(), PushMetrics())
    exposed = {family.name for metrics in every for family in metrics.registry.collect()}
    named = set(re.findall(r"`(sanwang_\w+)", OPERATIONS.read_text("utf-8") + HTTP.read_text("utf-8")))
    assert named
    assert {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in named} <= exposed
