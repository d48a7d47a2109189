"""What the demo shows: rates and latencies of late, the same figures as a line and as a table."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from streams.demo.scrape import Snapshot
from streams.demo.table import History, View, board, line


def snapshot(police: float, clears: float, fast: float, slow: float) -> Snapshot:
    reports = {("police", "new"): police, ("police", "linked"): police, ("grid", "all_clear"): clears}
    latency = {"police": {0.01: fast, 1.0: fast + slow, float("inf"): fast + slow}}
    return Snapshot(reports, {"bad_time": 2.0}, police, latency, 3.0, 4.0, 5 * 2**20)


def test_rates_look_back_five_seconds() -> None:
    history = History()
    for second in range(31):
        history.add(float(second), snapshot(police=second * 10.0, clears=second * 3.0, fast=1, slow=0))
    assert history.rates()["police"] == pytest.approx(20.0)
    assert history.rates()["all-clears"] == pytest.approx(3.0)
    assert history.rates()["hotline"] == 0


def test_latencies_look_back_twenty_seconds() -> None:
    history = History()
    history.add(1.0, snapshot(1, 1, fast=0, slow=100))
    for second in range(30, 60, 5):
        history.add(float(second), snapshot(1, 1, fast=float(second), slow=100))
    assert sum(history.latency("police").values()) > 0
    assert history.latency("police")[float("inf")] == history.latency("police")[0.01]


def test_the_line_and_the_table_say_what_was_seen() -> None:
    history = History()
    history.add(2.0, snapshot(police=1000, clears=10, fast=99, slow=1))
    view = View(2.0, 4321, history, [("市城管局", 17)])
    text = StringIO()
    Console(file=text, width=160).print(board(view))
    for shown in ("4,321", "1,000", "市城管局", "17", "bad_time 2", "50%"):
        assert shown in text.getvalue()
    assert "sent 4,321" in line(view)
    assert "known matters 50%" in line(view)
    assert "12345 –" in line(view)


@pytest.mark.parametrize(("width", "lines"), [(80, 24), (100, 16)])
def test_the_table_fits_small_terminals(width: int, lines: int) -> None:
    history = History()
    history.add(2.0, snapshot(police=5000, clears=10, fast=99, slow=1))
    text = StringIO()
    view = View(2.0, 4321, history, [("云河市劳动争议调解委员会", 17)] * 8)
    Console(file=text, width=width).print(board(view))
    assert "…" not in text.getvalue()
    assert len(text.getvalue().splitlines()) < lines
