"""Months of incidents in the demo city, from a seed: the simulator's places and matters in a city's own rhythm.

Hours differ by time of day and weekday, and each by a chance of its own for the whole city (a gamma of shape 10), so
counts are more bunched than Poisson's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from random import Random

from streams.city.city import City
from streams.core.deadline import DAY, HOUR
from streams.intake.simulator.matter import Matters
from streams.intake.simulator.profile import CALM
from streams.intake.simulator.scene import Scenery

Incident = tuple[str, str, int]  # area, item, ms UTC
_BY_HOUR = [0.35] * 6 + [0.9, 1.2] + [1.5] * 4 + [1.2] * 2 + [1.4] * 4 + [1.3] * 3 + [0.9, 0.7, 0.5]
_BY_WEEKDAY = (1.1, 1.05, 1.0, 1.0, 1.05, 0.9, 0.9)
_SHAPE = 10


def incidents(city: City, seed: int, monday: int, days: int, a_day: int) -> Iterator[Incident]:
    """About `a_day` incidents a day from `monday` (ms UTC) on, in order."""
    rng = Random(f"{seed}/{monday}/{days}")
    scenery, matters = Scenery(city), Matters(city.catalogue, CALM)
    weights = [
        _BY_HOUR[hour % 24] * _BY_WEEKDAY[hour // 24 % 7] * rng.gammavariate(_SHAPE, 1 / _SHAPE)
        for hour in range(days * 24)
    ]
    sums = list(accumulate(weights))
    for at in sorted(_moment(rng, sums, monday) for _ in range(days * a_day)):
        matter = matters.new(scenery.draw(rng), rng)
        yield matter.scene.spot.code, matter.item.code, at


def _moment(rng: Random, sums: list[float], begin: int) -> int:
    hour = bisect_right(sums, rng.random() * sums[-1])
    return begin + hour * HOUR + rng.randrange(HOUR)


def planted(begin: int, every: int, count: int, area: str, item: str) -> list[Incident]:
    """A surge of one incident each `every` ms."""
    return [(area, item, begin + n * every) for n in range(count)]


__all__ = ["DAY", "Incident", "incidents", "planted"]
