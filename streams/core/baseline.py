"""What is usual: how many reports a place brings of a kind in an hour of the week, and how odd a larger number is.

Counts are small: most cells of place, kind, weekday and hour see one report in months. A mean of such a cell is worth
nothing by itself, and a normal distribution is plainly wrong. So:

* **Shrinkage.** A cell's rate has a gamma prior around what its place and kind bring on average, times the whole city's
  rhythm of that kind over the week. The prior weighs as much as `PRIOR_WEEKS` weeks of watching; the weeks that were
  watched then move it. A cell without data is as usual as its neighbours make it, never "0, so that 1 is a surge".
* **Small counts.** With a gamma rate, the next count is negative binomial: a Poisson count, widened by what is not
  known of its rate. Its upper tail, P(count or more), is summed term by term, so it is exact for small counts and does
  not drown in rounding at 1e-12.
* **Bunches.** Where a pair's hours vary more than Poisson's (a storm brings many matters at once), the distribution is
  widened by as much as its past hours did vary; few incidents say little of that, so the factor is drawn towards 1.
* **Many questions.** Thousands of cells are asked again and again, so a small probability alone means nothing. What
  counts is the number of times that so odd a count would come up by chance in a day: probability times questions asked
  a day.

Reports come in bunches (one matter, many callers), so counts are of incidents, not of reports.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, lgamma, log, log1p

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from streams.core.deadline import HOUR, UTC_OFFSET

WEEK_HOURS = 168
PRIOR_WEEKS = 4.0  # how many weeks of watching the prior weighs
_RHYTHM_PRIOR = 20.0  # incidents, spread evenly over the week, that a kind's rhythm begins with
_BUNCH_PRIOR = 20.0  # incidents that speak for a variance like Poisson's before the pair's own are heard
_FLOOR = 1 / (52 * WEEK_HOURS)  # incidents an hour: a cell that never saw any may see one a year
_THURSDAY_HOURS = 3 * 24  # 1970-01-01 was a Thursday; the week begins on Monday
Week = npt.NDArray[np.float64]  # a number for each hour of the week
_NOTHING, _EVEN = np.zeros(WEEK_HOURS), np.full(WEEK_HOURS, 1 / WEEK_HOURS)


class Usual(Struct, frozen=True, gc=False):
    """What is usual: a gamma distribution of the number of incidents."""

    shape: float
    rate: float  # mean is shape / rate

    @property
    def mean(self) -> float:
        """Incidents expected."""
        return self.shape / self.rate

    def tail(self, count: int) -> float:
        """Probability of `count` or more, from 0 to 1."""
        return negative_binomial_tail(count, self.shape, 1 / (1 + self.rate))


def hour_of_week(at: int) -> int:
    """0 (Monday 00:00-01:00, Asia/Shanghai) to 167, of a moment in ms UTC."""
    return ((at + UTC_OFFSET) // HOUR + _THURSDAY_HOURS) % WEEK_HOURS


class Baseline:
    """Learns from whole weeks of incidents; then tells what is usual for a place and kind at any time.

    A memory that only grows would never follow the city: it is made anew from the last weeks (say 12) every week.
    """

    def __init__(self, counts: Iterable[tuple[str, str, int, int]], weeks: float) -> None:
        """`counts`: (place, kind, hours since 1970, incidents) of all hours of `weeks` whole weeks that saw any."""
        self._weeks = weeks
        self._cells: dict[tuple[str, str], Week] = {}
        rhythm: dict[str, Week] = {}
        past: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for place, kind, hour, count in counts:
            week_hour = hour_of_week(hour * HOUR)
            cell = self._cells.get((place, kind))
            if cell is None:
                cell = self._cells[place, kind] = np.zeros(WEEK_HOURS)
            cell[week_hour] += count
            if kind not in rhythm:
                rhythm[kind] = np.full(WEEK_HOURS, _RHYTHM_PRIOR / WEEK_HOURS)
            rhythm[kind][week_hour] += count
            past.setdefault((place, kind), []).append((week_hour, count))
        self._beats: dict[str, Week] = {kind: week / week.sum() for kind, week in rhythm.items()}
        self._shapes = {pair: self._shapes_of(pair) for pair in self._cells}
        self._bunching = {pair: self._bunching_of(pair, hours) for pair, hours in past.items()}

    @property
    def pairs(self) -> int:
        """Pairs of place and kind that were ever seen."""
        return len(self._cells)

    def usual(self, place: str, kind: str, until: int, hours: int) -> Usual:
        """What is usual in the `hours` hours that end at `until` (ms UTC).

        Cells of several hours add up: their gammas are of one rate.
        """
        end_hour, minutes = divmod(until, HOUR)
        share = minutes / HOUR
        weights = [(end_hour, share), *((end_hour - n, 1.0) for n in range(1, hours)), (end_hour - hours, 1.0 - share)]
        shapes = self._shapes.get((place, kind))
        if shapes is None:
            shapes = self._shapes_of((place, kind))
        rate = PRIOR_WEEKS + self._weeks
        shape = sum(weight * float(shapes[hour_of_week(hour * HOUR)]) for hour, weight in weights)
        mean, variance = shape / rate, shape / rate**2
        wider = mean * mean / variance / (1 + (self._bunching.get((place, kind), 1.0) - 1) * mean / variance)
        return Usual(wider, wider / mean)

    def _shapes_of(self, pair: tuple[str, str]) -> Week:
        """The shape of the gamma of each hour of the week; its rate is `PRIOR_WEEKS` and the weeks watched."""
        cell, beat = self._cells.get(pair, _NOTHING), self._beats.get(pair[1], _EVEN)
        prior = np.maximum(cell.sum() / self._weeks * beat, _FLOOR)
        shapes: Week = prior * PRIOR_WEEKS + cell
        return shapes

    def _bunching_of(self, pair: tuple[str, str], hours: Iterable[tuple[int, int]]) -> float:
        """How many times as much as Poisson's counts a pair's hours vary, at least once."""
        means = self._shapes[pair] / (PRIOR_WEEKS + self._weeks)
        expected = float(means.sum()) * self._weeks
        squares = float((means * means).sum()) * self._weeks  # of the hours in which nothing came
        for week_hour, count in hours:
            squares += count * count - 2 * count * float(means[week_hour])
        return max(1.0, (squares + _BUNCH_PRIOR) / (expected + _BUNCH_PRIOR))


def negative_binomial_tail(count: int, shape: float, p: float) -> float:
    """P(X >= count) where X is negative binomial: P(k) = C(k + shape - 1, k) p^k (1 - p)^shape."""
    if count <= 0:
        return 1.0
    term = exp(lgamma(count + shape) - lgamma(shape) - lgamma(count + 1) + count * log(p) + shape * log1p(-p))
    total, k = 0.0, count
    while term > total * 1e-12 or k < count + 3:
        total += term
        term *= p * (k + shape) / (k + 1)
        k += 1
        if term < 1e-300:  # nothing is left that could be added
            break
    return min(total, 1.0)
