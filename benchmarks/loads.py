"""Loads: the simulator's records, encoded once and kept in a file, so that sending them costs the driver little.

A load file holds keys and values behind one another; beside it lie arrays that say where each begins. Every source
number contains the simulator's run, `<start_ms>-`: sending a load a second time under another run of the same length
gives new numbers (a redelivery would be dropped) at the cost of one `bytes.replace`.
"""

from __future__ import annotations

import mmap
import shutil
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.scenarios import ONLY, profile_of
from streams.city.load import load_city
from streams.flow.topics import FEED_TOPICS
from streams.intake.simulator import Simulator, value_of
from streams.intake.simulator.play import Fed
from streams.wire.codec import Codec
from streams.wire.source import FileSource

TOPICS = tuple(FEED_TOPICS)


class Wanted(msgspec.Struct, frozen=True):
    """Which load: `records` of a scenario as they come at `rate` a second of the simulated day."""

    scenario: str
    records: int
    rate: float
    seed: int = 1


class Load:
    """A load file, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self._ends = _array("Q", folder / "ends")
        self._keys = folder.joinpath("keys").read_bytes()  # length of each key
        self.topics = folder.joinpath("topics").read_bytes()  # number of each record's topic in TOPICS
        self.run = folder.joinpath("run").read_bytes()
        with (folder / "data").open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._keys)

    def record(self, number: int, run: bytes | None = None) -> tuple[bytes, bytes]:
        """Key and value of a record, under another run if one is given."""
        begin = self._ends[number - 1] if number else 0
        middle = begin + self._keys[number]
        key, value = self._data[begin:middle], self._data[middle : self._ends[number]]
        if run is None:
            return key, value
        return key.replace(self.run, run), value.replace(self.run, run)

    def run_of(self, cycle: int) -> bytes | None:
        """The run under which the load is sent for the `cycle`-th time, None for the first."""
        return f"{int(self.run[:-1]) - cycle}-".encode() if cycle else None


def open_load(wanted: Wanted, city_folder: Path, cache: Path) -> Load:
    """The load, made now if it is not in `cache` yet."""
    name = f"{wanted.scenario}-{wanted.records}-{wanted.rate:g}-{wanted.seed}-{_start():%Y%m%d}".replace(" ", "_")
    folder = cache / name
    if not folder.is_dir():
        draft = cache / f"{name}.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        _write(wanted, city_folder, draft)
        draft.rename(folder)
    return Load(folder)


def simulated(wanted: Wanted, city_folder: Path) -> Iterator[Fed]:
    """The simulator's records of a load."""
    start_ms = int(_start().timestamp() * 1000)
    simulator = Simulator(load_city(city_folder), wanted.seed, start_ms, profile_of(wanted.scenario), wanted.rate)
    only = ONLY.get(wanted.scenario)
    return islice((fed for fed in simulator if only is None or fed.topic == only), wanted.records)


def _write(wanted: Wanted, city_folder: Path, folder: Path) -> None:
    codec, ends, position = Codec(FileSource()), array("Q"), 0
    keys, topics = bytearray(), bytearray()
    with (folder / "data").open("wb") as data:
        for fed in simulated(wanted, city_folder):
            data.write(fed.key)
            position += len(fed.key) + data.write(value_of(fed, codec))
            ends.append(position)
            keys.append(len(fed.key))
            topics.append(TOPICS.index(fed.topic))
    (folder / "ends").write_bytes(ends.tobytes())
    (folder / "keys").write_bytes(keys)
    (folder / "topics").write_bytes(topics)
    (folder / "run").write_bytes(f"{int(_start().timestamp() * 1000)}-".encode())


def _start() -> datetime:
    """Three days ago: intake refuses reports from the future, and takes live ones that are days late."""
    return datetime.combine(datetime.now(UTC).date() - timedelta(days=3), datetime.min.time(), UTC)


def _array(kind: str, path: Path) -> array[int]:
    values: array[int] = array(kind)
    values.frombytes(path.read_bytes())
    return values
