"""The demo's reading of /metrics: counts by label, and quantiles as Prometheus reckons them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.demo.scrape import quantile, since, snapshot
from streams.telemetry.metrics import Metrics


def test_a_worker_s_own_exposition_is_read() -> None:
    metrics = Metrics()
    metrics.reports.labels("police", "new").inc(3)
    metrics.reports.labels("grid", "all_clear").inc(7)
    metrics.reports.labels("grid", "linked").inc(2)
    metrics.dead_letters.labels("grid", "bad_time").inc()
    metrics.dead_letters.labels("police", "bad_time").inc()
    metrics.orders.labels("lead").inc(3)
    metrics.orders.labels("assist").inc(4)
    metrics.lag.labels("events", "0").set(5)
    metrics.lag.labels("events", "1").set(6)
    metrics.open_incidents.labels("1").set(11)
    metrics.memory.set(2**20)
    metrics.call_to_order.labels("police").observe(0.015)
    seen = snapshot(metrics.exposition().decode())
    assert seen.reports[("police", "new")] == 3
    assert (seen.fed("grid"), seen.of("all_clear")) == (2, 7)
    assert seen.of("new", "linked") == 5
    assert seen.dead_letters == {"bad_time": 2}
    assert (seen.orders, seen.lag, seen.open_incidents, seen.memory) == (7, 11, 11, 2**20)
    assert 0.01 < (quantile(seen.latency["police"], 0.5) or 0) <= 0.02


def test_nothing_to_read_counts_nothing() -> None:
    seen = snapshot("")
    assert (seen.reports, seen.orders, seen.latency) == ({}, 0, {})


@pytest.mark.parametrize(
    ("buckets", "q", "expected"),
    [
        ({}, 0.5, None),
        ({0.1: 0, float("inf"): 0}, 0.5, None),
        ({0.1: 10, float("inf"): 10}, 0.5, 0.05),
        ({0.1: 5, 0.2: 10, float("inf"): 10}, 0.75, 0.15),
        ({0.1: 0, 0.2: 10, float("inf"): 10}, 0.5, 0.15),
        ({0.1: 5, float("inf"): 10}, 0.99, 0.1),
    ],
)
def test_quantiles(buckets: dict[float, float], q: float, expected: float | None) -> None:
    assert quantile(buckets, q) == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any), st.floats(0.01, 0.99))
def test_a_quantile_grows_with_q_and_stays_within_the_bounds(counts: list[int], q: float) -> None:
    total, buckets = 0, {}
    for place, count in enumerate(counts):
        total += count
        buckets[float(place + 1)] = float(total)
    buckets[float("inf")] = float(total)
    lower, upper = quantile(buckets, q), quantile(buckets, min(1.0, q * 1.1))
    assert lower is not None
    assert upper is not None
    assert 0 <= lower <= upper <= len(counts)


def test_what_came_between_two_looks() -> None:
    assert since({0.1: 5, 1.0: 9}, {0.1: 4}) == {0.1: 1, 1.0: 9}
