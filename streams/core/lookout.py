"""The lookout over the places of one partition: what it hears of, what it sees at each look, what it tells.

Looks are at fixed moments, multiples of `look_ms`, so whoever looks finds the same warnings with the same ids. Live
incidents are looked at by the wall's clock; history fed in again has a look of its own, by the clock of its events.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from streams.core.area import ancestor
from streams.core.deadline import MINUTE
from streams.core.presence import Presence, cutoff_of, day_of
from streams.core.pulse import Beat, Pulse
from streams.core.surges import Hours, Surges
from streams.core.warning_book import WarningBook
from streams.core.warnings import ColourWarning, Sight, absence, silence

ALL_CLEARS = "allclears"
LATE_MS = 10 * MINUTE  # so much later than its neighbours may an event of a replay come
_MOST_LOOKS = 60  # of the time that was slept over, an hour at the usual pace: older looks show nothing that is left


class Duty(Struct, frozen=True):
    """What a lookout watches; times in ms, the cut-off in minutes of the local day."""

    look_ms: int
    cutoff: int
    partitions: int
    feeds: Mapping[str, int]  # feed -> partitions of its topic
    quiet_ms: Mapping[str, int]  # feed -> how long it may be quiet
    county_quiet_ms: int
    city: str  # code, for the silence of whole feeds; "" where another partition tells of them
    counties: tuple[str, ...]  # codes
    grids: tuple[str, ...]  # codes of the grids that are expected to send all-clears


class Lookout:
    """The watch over one partition's places."""

    def __init__(self, duty: Duty, began: int) -> None:
        """`began`: when the watch began, ms UTC."""
        self._duty = duty
        self._pulse = Pulse(duty.feeds)
        self._presence = Presence(duty.grids)
        self._grids = frozenset(duty.grids)
        self.began = began
        self._county_heard: dict[str, int] = {}
        self._live = Surges(duty.look_ms, duty.partitions)
        self._past = Surges(duty.look_ms, duty.partitions)
        self.book = WarningBook()
        self._past_book = WarningBook()
        self._looked = began // duty.look_ms
        self._past_looked = 0  # number of the latest look at history, 0 before the first
        self._past_clock = 0
        self._told: list[ColourWarning] = []

    def incident(self, area: str, item: str, at: int) -> None:
        """A new incident, opened live at `at` (ms UTC)."""
        self._live.note(ancestor(area, "township"), item[:2], at)

    def past_incident(self, area: str, item: str, at: int) -> None:
        """A new incident of history that is fed in again."""
        self.past_time(at)
        self._past.note(ancestor(area, "township"), item[:2], at)

    def past_time(self, at: int) -> None:
        """The clock of an event of history: looks whose time has passed are done."""
        self._past_clock = max(self._past_clock, at)
        last = (self._past_clock - LATE_MS) // self._duty.look_ms
        while self._past_looked < last:
            if self._past.quiet and not self._past_book.standing("surge"):
                self._past_looked = last  # nothing to see in between
            else:
                self._past_looked += 1
                self._look_at_past(self._past_looked * self._duty.look_ms)

    def remember(self, area: str, item: str, at: int, *, past: bool) -> None:
        """An incident that was noted before a restart: it counts, and no look is done because of it."""
        (self._past if past else self._live).note(ancestor(area, "township"), item[:2], at)
        if past:
            self._past_clock = max(self._past_clock, at)
            self._past_looked = (self._past_clock - LATE_MS) // self._duty.look_ms

    def heard(self, area: str, at: int) -> None:
        """A sign of life out of an area, of whatever feed, at `at` (ms UTC)."""
        county = ancestor(area, "county")
        self._county_heard[county] = max(at, self._county_heard.get(county, 0))

    def clear(self, grid: str, at: int) -> None:
        """An all-clear of a grid or micro-grid, sent at `at` (ms UTC)."""
        self.heard(grid, at)
        if grid in self._grids:
            self._presence.clear(grid, at)

    def beat(self, beat: Beat) -> None:
        """A reader's word on a partition of a feed."""
        self._pulse.take(beat)

    def learn(self, history: Hours) -> None:
        """Incidents of the weeks before, as ClickHouse has them."""
        self._live.learn(history)

    def restore(self, warning: ColourWarning, *, past: bool) -> None:
        """A warning that was told before; `past`: because of history."""
        (self._past_book if past else self.book).restore(warning)

    def quiet_ms(self, feed: str, now: int) -> int:
        """How long nothing has come from a feed."""
        heard = self._pulse.heard(feed)
        return max(0, now - heard) if heard else 0

    def look(self, until: int) -> None:
        """Do every look up to `until` (ms UTC, by the wall's clock) that was not done yet."""
        last = until // self._duty.look_ms
        self._looked = max(self._looked, last - _MOST_LOOKS)
        while self._looked < last:
            self._looked += 1
            self._look_at(self._looked * self._duty.look_ms)

    def take_told(self) -> list[ColourWarning]:
        """The changes since the last call, to be told."""
        told, self._told = self._told, []
        return told

    def _look_at(self, at: int) -> None:
        self._told += self.book.take(self._live.sights(at, self.book.standing("surge")))
        self._told += self.book.take(self._absences(at))
        for sight, calm_ms in self._silences(at):
            self._told += self.book.take([sight], calm_ms)

    def _look_at_past(self, at: int) -> None:
        self._told += self._past_book.take(self._past.sights(at, self._past_book.standing("surge")))

    def _absences(self, at: int) -> list[Sight]:
        """The townships at the latest cut-off, as they stand at `at`: a late all-clear mends.

        A county out of which no all-clear came that day is silent, and that is another alarm.
        """
        if self._pulse.up_to(ALL_CLEARS) < at:
            return []
        day = day_of(at)
        if at < cutoff_of(day, self._duty.cutoff):
            day -= 1
        absent = dict.fromkeys(self._presence.townships(), 0)
        absent.update((found.township, len(found.absent)) for found in self._presence.absences(day))
        grids = self._presence.townships()
        speaking = {ancestor(township, "county") for township, missing in absent.items() if missing < grids[township]}
        return [
            absence(township, at, missing, grids[township]) for township, missing in absent.items()
            if ancestor(township, "county") in speaking
        ]  # fmt: skip

    def _silences(self, at: int) -> list[tuple[Sight, int]]:
        """Feeds and counties, each with the time for which it must not be silent again before its warning ends."""
        duty, found = self._duty, []
        if duty.city:
            for feed, allowed in duty.quiet_ms.items():
                if self._pulse.up_to(feed) >= at:
                    quiet = at - self._pulse.heard(feed)
                    found.append((silence(duty.city, feed, at, quiet, allowed), allowed))
        if all(self._pulse.up_to(feed) >= at for feed in duty.feeds):
            allowed = duty.county_quiet_ms
            for county in duty.counties:
                quiet = at - self._county_heard.get(county, self.began)
                found.append((silence(county, "", at, quiet, allowed), allowed))
        return found

