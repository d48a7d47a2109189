"""What a feed told us: `Report` as decoded, `Event` as accepted.

A `Report` may hold personal data and lives only in memory, between decoding and acceptance. An `Event` is what every
later stage, topic and table sees: scrubbed, placed and classified.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Feed = Literal["hotline", "police", "grid"]
FEEDS: tuple[Feed, ...] = ("hotline", "police", "grid")
WISHES = ("咨询", "求助", "投诉", "举报", "建议")  # what a caller of the hotline wants


class Report(Struct, frozen=True, gc=False):
    """One message of one feed, as its source wrote it; times already in milliseconds since 1970 UTC."""

    feed: Feed
    number: str  # the source's own number: order number, alarm number, report number
    occurred_at: int
    parent: str = ""  # number of the report that this one says it belongs to (110: parent alarm number)
    codes: tuple[str, ...] = ()  # the source's own class codes, most specific first
    labels: tuple[str, ...] = ()  # the source's own class names, most specific first
    text: str = ""
    address: str = ""
    area: str = ""  # area, grid or jurisdiction code as the source gave it
    lon: float | None = None
    lat: float | None = None
    caller: str = ""  # phone or account in plain; replaced by a keyed hash at the door
    self_handled: bool = False
    wish: str = ""  # one of `WISHES`, "" where the source does not say


class Place(Struct, frozen=True, gc=False):
    """Where a report is: the deepest area that is certain, and how that was found."""

    area: str  # area code, see `streams.core.area`
    by: Literal["code", "coordinates", "address", "none"]
    lon: float | None = None
    lat: float | None = None
    ambiguous: bool = False  # several places fit: `area` is the level above them


class Classified(Struct, frozen=True, gc=False):
    """Which catalogue item a report is about, how sure, and why."""

    item: str
    by: Literal["code", "text", "model", "none"]
    score: float  # 1.0 by code; 0 to 1 by text; a probability by model; 0.0 when nothing matched
    reasons: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()  # item codes, best first


class Event(Struct, frozen=True, array_like=True, gc=False):
    """One accepted report. Travels between the stages as a MessagePack array, so fields are only ever appended."""

    event_id: str  # feed + ":" + source number
    feed: Feed
    source_partition: int  # where the record stands in its feed's topic: with `source_offset` the identity of the
    source_offset: int  # record, while `event_id` is the identity of the report (a redelivery shares it)
    occurred_at: int  # ms UTC, as the source said
    received_at: int  # ms UTC, broker's time of the feed record
    accepted_at: int  # ms UTC, when intake took it
    replayed: bool  # history fed in again: its clock is `occurred_at`, not the wall's
    area: str
    placed_by: str
    ambiguous: bool
    lon: float | None
    lat: float | None
    item: str
    classified_by: str
    score: float
    reasons: tuple[str, ...]
    urgency: int  # 1 red, 2 orange, 3 yellow, 4 blue
    life_safety: bool
    parent: str  # event id of the report that this one belongs to, "" if it named none
    caller: int  # keyed 64-bit hash, 0 when unknown
    self_handled: bool
    text: str  # scrubbed
    address: str  # scrubbed
    catalogue: str  # version of the catalogue that it was classified under
    wish: str = ""  # what the caller wants, one of `WISHES`; "" where the source does not say
    source_code: str = ""  # the source's own most specific class code
    model: str = ""  # version of the learned model that was in use, whoever decided; "" with rules alone

    @property
    def clock(self) -> int:
        """The `now` of this event in ms UTC: the wall's for live reports, the event's own for replays."""
        return self.occurred_at if self.replayed else self.received_at
