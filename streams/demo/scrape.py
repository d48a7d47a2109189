"""A worker's figures out of its /metrics text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import inf
from types import MappingProxyType

from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

Buckets = Mapping[float, float]  # upper bound in seconds -> observations up to it


class Snapshot(Struct, frozen=True):
    """What a worker had counted at one moment; everything counts from the worker's start."""

    reports: Mapping[tuple[str, str], float]  # by feed and outcome
    dead_letters: Mapping[str, float]  # by reason
    orders: float
    latency: Mapping[str, Buckets]  # from call to order, by feed
    lag: float  # records
    open_incidents: float
    memory: float  # bytes
    steps: Mapping[str, float] = MappingProxyType({})  # of orders, by step
    urged: float = 0.0  # orders that fell due before they were handled

    def of(self, *outcomes: str) -> float:
        """Records with one of these outcomes, of all feeds."""
        return sum(count for (_, outcome), count in self.reports.items() if outcome in outcomes)

    def fed(self, feed: str) -> float:
        """Records of a feed that have an outcome, all-clears not counted."""
        return sum(count for (name, outcome), count in self.reports.items() if name == feed and outcome != "all_clear")


EMPTY = Snapshot({}, {}, 0.0, {}, 0.0, 0.0, 0.0)


def snapshot(text: str) -> Snapshot:
    """Figures of a text in Prometheus's format; what it does not hold counts 0."""
    reports: defaultdict[tuple[str, str], float] = defaultdict(float)
    reasons: defaultdict[str, float] = defaultdict(float)
    totals: defaultdict[str, float] = defaultdict(float)
    steps: defaultdict[str, float] = defaultdict(float)
    urged = 0.0
    latency: dict[str, dict[float, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels, value = sample.labels, sample.value
            totals[sample.name] += value
            if sample.name == "sanwang_reports_total":
                reports[labels["feed"], labels["outcome"]] += value
            elif sample.name == "sanwang_dead_letters_total":
                reasons[labels["reason"]] += value
            elif sample.name == "sanwang_order_steps_total":
                steps[labels["step"]] += value
            elif sample.name == "sanwang_supervision_total" and labels["kind"] == "urging":
                urged += value
            elif sample.name == "sanwang_call_to_order_seconds_bucket":
                latency[labels["feed"]][float(labels["le"])] = value
    return Snapshot(
        dict(reports), dict(reasons), totals["sanwang_orders_total"], dict(latency), totals["sanwang_lag_records"],
        totals["sanwang_open_incidents"], totals["sanwang_memory_bytes"], dict(steps),
        urged,
    )  # fmt: skip


def since(later: Buckets, earlier: Buckets) -> Buckets:
    """Observations between two snapshots of one histogram."""
    return {bound: count - earlier.get(bound, 0.0) for bound, count in later.items()}


def quantile(buckets: Buckets, q: float) -> float | None:
    """The `q` quantile (0 to 1) in seconds as Prometheus reckons it, linear within a bucket; None without observations.

    Beyond the last finite bound it is that bound: the truth is then larger.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    rank, below, lower = q * total, 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank and count > below:
            return lower if bound == inf else lower + (bound - lower) * (rank - below) / (count - below)
        below, lower = count, lower if bound == inf else bound
    return lower
