"""Histograms of latencies in the manner of HdrHistogram: buckets that grow by 2 %, from a microsecond to an hour."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log

import msgspec

GROWTH = 1.02
_LOG = log(GROWTH)
LOWEST_MS = 0.001


class Histogram(msgspec.Struct):
    """Counts of values in milliseconds; `counts` maps a bucket's number to its count."""

    counts: dict[int, int] = {}
    total: int = 0
    largest: float = 0.0

    def add(self, ms: float, times: int = 1) -> None:
        """Count a value `times` times."""
        bucket = max(0, ceil(log(ms / LOWEST_MS) / _LOG)) if ms > LOWEST_MS else 0
        self.counts[bucket] = self.counts.get(bucket, 0) + times
        self.total += times
        self.largest = max(self.largest, ms)

    def merge(self, others: Iterable[Histogram]) -> Histogram:
        """This one, with the counts of others added."""
        for other in others:
            for bucket, count in other.counts.items():
                self.counts[bucket] = self.counts.get(bucket, 0) + count
            self.total += other.total
            self.largest = max(self.largest, other.largest)
        return self

    def at(self, share: float) -> float:
        """The value in ms that a `share` (0 to 1) of all values does not exceed, at most 2 % too high."""
        left = ceil(share * self.total)
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return min(upper_edge(bucket), self.largest)
        return self.largest

    def summary(self) -> dict[str, float]:
        """p50, p90, p99, p99.9 and max in ms."""
        named = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
        return {**{name: round(self.at(share), 3) for name, share in named.items()}, "max": round(self.largest, 3)}


def upper_edge(bucket: int) -> float:
    """The largest value in ms that falls into a bucket."""
    return float(LOWEST_MS * GROWTH**bucket)
