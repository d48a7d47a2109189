"""Where the benchmark keeps its things."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zlib import crc32

import streams
from streams.demo.setting import make_city

HOME = Path(".sanwang/bench")
_MADE_BY = ("city", "intake/simulator", "wire")  # folders of the package that make the city and its loads


def edition_folder() -> Path:
    """Where the city and its loads are kept: another folder once they may have become other ones."""
    folder = HOME / _edition()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def city_folder() -> Path:
    """The demo city, written if it is not there yet."""
    folder = edition_folder() / "city"
    make_city(folder)
    return folder


def cache_folder() -> Path:
    """Where loads are kept."""
    return edition_folder() / "loads"


def results_folder() -> Path:
    """Where results are written."""
    folder = HOME / "results"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _edition() -> str:
    """What stands in the sources that make them, in eight characters."""
    package = Path(streams.__file__).parent
    files = sorted(file for folder in _MADE_BY for file in (package / folder).rglob("*") if file.is_file())
    total = 0
    for file in files:
        if file.suffix != ".pyc":
            total = crc32(file.read_bytes(), total)
    return f"{total:08x}"
