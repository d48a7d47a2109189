"""Where the benchmark keeps its things."""

from __future__ import annotations

from pathlib import Path

from streams.demo.setting import make_city

HOME = Path(".sanwang/bench")


def city_folder() -> Path:
    """The demo city, written if it is not there yet."""
    HOME.mkdir(parents=True, exist_ok=True)
    folder = HOME / "city"
    make_city(folder)
    return folder


def cache_folder() -> Path:
    """Where loads are kept."""
    return HOME / "loads"


def results_folder() -> Path:
    """Where results are written."""
    folder = HOME / "results"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
