"""A city's day on all three feeds, from a seed: the same arguments give the same records, in time order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple, Protocol

from streams.city.city import City
from streams.core.area import ancestor
from streams.core.event import Feed
from streams.flow.topics import GRID_ALLCLEARS, GRID_REPORTS, HOTLINE_CALLS, POLICE_ALERTS, RECORDS
from streams.intake.simulator.matter import Matter, Matters, next_net
from streams.intake.simulator.profile import Profile
from streams.intake.simulator.scene import Scenery
from streams.intake.simulator.spoil import Spoiled, broken_bytes, spoil
from streams.intake.simulator.telling import Record, Teller

TOPICS: Mapping[Feed, str] = {"hotline": HOTLINE_CALLS, "police": POLICE_ALERTS, "grid": GRID_REPORTS}
REDELIVERED, SPOILED = 0.005, 0.002  # shares of reports that come a second time, and that are broken
_DELAY_MS = 3_000  # mean time between two tellings of a matter: a day told in minutes, far inside every item's window
_REDELIVERY_MS = 2_000


class Fed(NamedTuple):
    """One record to be sent to a feed."""

    due_ms: int  # ms UTC
    topic: str
    key: bytes
    record: Record
    name: str  # of the schema to write it with: another feed's where that is what is broken
    matter: int  # truth: which matter it tells of; 0 for an all-clear
    spoiled: Spoiled  # truth: how it is broken, "" if it is not
    again: bool  # truth: the very same record was sent before


class Encoder(Protocol):
    """What `streams.wire.codec.Codec` does."""

    def encode(self, name: str, record: Mapping[str, object]) -> bytes:
        """Bytes of a record of the schema called `name`."""
        ...


def value_of(fed: Fed, codec: Encoder) -> bytes:
    """The bytes to send, broken where they have to be."""
    value = codec.encode(fed.name, fed.record)
    return broken_bytes(fed.spoiled, value, fed.key.decode()) if fed.spoiled else value


def present(grids: Sequence[str], townships: int, rng: Random) -> list[str]:
    """The grids without every second one of some townships, which never send an all-clear."""
    if not townships:
        return list(grids)
    silent = set(rng.sample(sorted({ancestor(grid, "township") for grid in grids}), townships))
    absent = {grid for n, grid in enumerate(sorted(grids)) if n % 2 and ancestor(grid, "township") in silent}
    return [grid for grid in grids if grid not in absent]


class Simulator:
    """Iterate over it for records without end: `rate` a second on average from `start_ms` (ms UTC) on."""

    def __init__(self, city: City, seed: int, start_ms: int, profile: Profile, rate: float) -> None:
        self._profile, self._start_ms, self._gap_ms = profile, start_ms, 1000.0 / rate
        self._rng = Random(f"{seed}/{profile.name}")  # noqa: S311 - a made-up day has to come again from its seed
        self._scenery = Scenery(city)
        self._matters = Matters(city.catalogue, profile)
        self._teller = Teller(city, seed, f"{start_ms}-")
        grids = self._rng.sample(self._scenery.grids, len(self._scenery.grids))
        self._grids = present(grids, profile.absent, Random(f"{seed}/absent"))  # noqa: S311 - likewise
        self._cleared = 0
        self._later: list[tuple[int, int, Matter | Fed]] = []  # due, tie-breaker, what is told then
        self._ticket = 0
        self._crowds: list[tuple[Matter, int]] = []  # large matters and how many tellings they have left

    def __iter__(self) -> Iterator[Fed]:
        due, rng = float(self._start_ms), self._rng
        while True:
            due += rng.expovariate(1.0) * self._gap_ms
            yield self._next(int(due))

    def _next(self, now: int) -> Fed:
        if self._later and self._later[0][0] <= now:
            later = heappop(self._later)[2]
            return later._replace(due_ms=now, again=True) if isinstance(later, Fed) else self._retell(later, now)
        draw, profile = self._rng.random(), self._profile
        if draw < profile.all_clears:
            return self._all_clear(now)
        if draw < profile.all_clears + profile.crowd:
            return self._crowd(now)
        matter = self._matters.new(self._scenery.draw(self._rng), self._rng)
        fed = self._told(matter, matter.net, now)
        if self._rng.random() < profile.retold:
            self._put(now + self._delay(), matter)
        return fed

    def _retell(self, matter: Matter, now: int) -> Fed:
        if self._rng.random() < self._profile.retold_more:
            self._put(now + self._delay(), matter)
        return self._told(matter, next_net(matter, self._rng), now)

    def _crowd(self, now: int) -> Fed:
        while len(self._crowds) < self._profile.crowds:
            matter = self._matters.crowd(self._scenery.draw(self._rng), self._rng)
            matter = matter or self._matters.new(self._scenery.draw(self._rng), self._rng)
            self._crowds.append((matter, self._rng.randint(*self._profile.crowd_size)))
        place = int(self._rng.random() ** 2 * len(self._crowds))  # the earlier ones are the larger ones
        matter, left = self._crowds.pop(place)
        if left > 1:
            self._crowds.insert(place, (matter, left - 1))
        return self._told(matter, next_net(matter, self._rng), now)

    def _told(self, matter: Matter, feed: Feed, now: int) -> Fed:
        topic = TOPICS[feed]
        record = self._teller.tell(matter, feed, now, self._rng)
        key, draw = str(record["number"]).encode(), self._rng.random()
        if draw < SPOILED:
            way, record = spoil(topic, record, self._rng)
            if way == "foreign":
                return self._foreign(topic, key, now, matter.id)
            return Fed(now, topic, key, record, RECORDS[topic], matter.id, way, again=False)
        fed = Fed(now, topic, key, record, RECORDS[topic], matter.id, "", again=False)
        if draw > 1 - REDELIVERED:
            self._put(now + int(self._rng.random() * _REDELIVERY_MS), fed)
        return fed

    def _foreign(self, topic: str, key: bytes, now: int, matter: int) -> Fed:
        record = self._teller.all_clear(self._grids[0], now)
        return Fed(now, topic, key, record, RECORDS[GRID_ALLCLEARS], matter, "foreign", again=False)

    def _all_clear(self, now: int) -> Fed:
        grid = self._grids[self._cleared % len(self._grids)]
        self._cleared += 1
        record = self._teller.all_clear(grid, now)
        key = str(record["number"]).encode()
        return Fed(now, GRID_ALLCLEARS, key, record, RECORDS[GRID_ALLCLEARS], 0, "", again=False)

    def _put(self, due: int, what: Matter | Fed) -> None:
        self._ticket += 1
        heappush(self._later, (due, self._ticket, what))

    def _delay(self) -> int:
        return int(self._rng.expovariate(1.0) * _DELAY_MS)
