"""A board as a process, over planted figures as another process; and accounts of every role."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.board.users import set_user
from streams.city.city import City
from streams.config import Board, ClickHouse, Settings, environment_of
from streams.warehouse.remote import RemoteWarehouse
from tests.support.asked import get
from tests.support.planted import Rows, planted
from tests.support.ports import free_port

COUNTY = "990101000000"
#: Name, role, area.
ACCOUNTS = (
    ("viewer", "viewer", ""), ("dispatcher", "dispatcher", ""), ("supervisor", "supervisor", ""),
    ("admin", "admin", ""), ("county", "dispatcher", COUNTY),
)  # fmt: skip
START_S = 120.0


class RunningBoard(NamedTuple):
    """A board that answers."""

    url: str
    passwords: Mapping[str, str]
    rows: Rows  # that were planted
    warehouse: RemoteWarehouse
    settings: Settings


@contextmanager
def running_board(city: City, city_folder: Path, folder: Path) -> Iterator[RunningBoard]:
    """A board over the planted figures; both processes are ended, whatever happens."""
    now, http, port = int(time.time() * 1000), free_port(), free_port()
    settings = Settings(
        city=str(city_folder), clickhouse=ClickHouse(url="embedded:unused", http_port=http),
        board=Board(port=port, users_file=str(folder / "users.json"), key_file=str(folder / "session.key")),
    )  # fmt: skip
    told = [str(city_folder), str(folder / "wh"), str(http), str(now)]
    planting = [sys.executable, "-m", "tests.support.planted", *told]
    with _running(planting, {}, folder / "planted.log"):
        _until(lambda: get(http, "/ping")[0] == 200, folder / "planted.log")
        with board_on(settings, folder) as passwords:
            url = f"http://127.0.0.1:{port}"
            yield RunningBoard(url, passwords, planted(city, now), RemoteWarehouse(settings.clickhouse), settings)


@contextmanager
def board_on(settings: Settings, folder: Path) -> Iterator[Mapping[str, str]]:
    """A board of those settings that answers; yields the passwords of ACCOUNTS."""
    users = Path(settings.board.users_file)
    passwords = {name: set_user(users, name, role, area) or "" for name, role, area in ACCOUNTS}
    with _running([sys.executable, "-m", "streams.cli", "board"], environment_of(settings), folder / "board.log"):
        _until(lambda: get(settings.board.port, "/healthz")[0] == 200, folder / "board.log")
        yield passwords


@contextmanager
def lonely_board(folder: Path) -> Iterator[tuple[str, str]]:
    """A board whose ClickHouse is away; yields its address and the password of `admin`."""
    port = free_port()
    settings = Settings(
        clickhouse=ClickHouse(url="embedded:unused", http_port=free_port()),
        board=Board(port=port, users_file=str(folder / "users.json"), key_file=str(folder / "session.key")),
    )
    password = set_user(folder / "users.json", "admin", "admin", "") or ""
    with _running([sys.executable, "-m", "streams.cli", "board"], environment_of(settings), folder / "board.log"):
        _until(lambda: get(port, "/healthz")[0] == 200, folder / "board.log")
        yield f"http://127.0.0.1:{port}", password


@contextmanager
def _running(command: list[str], more: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=os.environ | dict(more))
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(holds: object, log: Path) -> None:
    assert callable(holds)
    ends = time.monotonic() + START_S
    while not holds():
        assert time.monotonic() < ends, log.read_text("utf-8", errors="replace")
        time.sleep(0.2)
