"""What may pass: the very rules by which the pipeline accepts, asked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from streams.city.city import City
from streams.core.accept import place_of
from streams.core.all_clear import read_all_clear
from streams.core.deadline import DeadlineError, parse_limit
from streams.core.event import FEEDS, Feed
from streams.core.normalise import normalise
from streams.core.order_life import MAX_EARLY_MS
from streams.core.order_update import NEEDS, read_update
from streams.core.places import Places
from streams.door.shapes import feed_of
from streams.errors import RefusedError
from streams.flow.intake import MAX_REPORT_BYTES
from streams.flow.topics import ALL_CLEAR_FEED, GRID_ALLCLEARS, ORDER_UPDATES, RECORDS, REPORT_TOPICS
from streams.wire.codec import Codec
from streams.wire.files import RECORD_OF_FEED

_TOPIC_OF = {feed: topic for topic, feed in REPORT_TOPICS.items()}
#: The members that a refusal is about where its text names none: by feed, then by reason.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "hotline": {"bad_time": "call_time", "outside_city": "lon", "unknown_area": "area_code", "too_large": "detail"},
    "police": {"bad_time": "alarm_time", "outside_city": "scene_lon", "unknown_area": "jurisdiction_code",
               "too_large": "text"},
    "grid": {"bad_time": "report_time", "outside_city": "lon", "unknown_area": "grid_code", "too_large": "text"},
    ALL_CLEAR_FEED: {"bad_time": "report_time", "unknown_area": "grid_code"},
    ORDER_UPDATES: {"bad_time": "step_time"},
}  # fmt: skip
_NEEDED = {"unit": "to_unit", "into": "into_order", "limit": "extra_limit"}  # as clients call the parts of an update


class Passed(NamedTuple):
    """A record that may be sent, and the id under which the client may ask for it."""

    topic: str
    key: bytes
    value: bytes
    id: str


class Judge:
    """The rules for one city."""

    def __init__(self, city: City, places: Places, codec: Codec) -> None:
        self.city, self.places = city, places
        self._codec = codec
        self._grids = frozenset(code for code in city.areas if len(code) > 12)

    def report(self, told: Struct, now: int) -> Passed:
        """A report of any feed at `now` (ms UTC). Raises RefusedError as intake would."""
        return self.report_of(feed_of(told), asdict(told), now)

    def report_of(self, feed: Feed, record: Mapping[str, object], now: int) -> Passed:
        """A report from its record."""
        report = normalise(feed, record)
        place_of(report, self.places, now, replayed=False)
        value = self._encode(RECORD_OF_FEED[feed], record)
        return Passed(_TOPIC_OF[feed], report.number.encode(), value, f"{feed}:{report.number}")

    def all_clear(self, told: Struct, now: int) -> Passed:
        """An all-clear. Raises RefusedError as the pipeline would."""
        record = asdict(told)
        clear = read_all_clear(record, self._grids, now)
        value = self._encode(RECORDS[GRID_ALLCLEARS], record)
        return Passed(GRID_ALLCLEARS, clear.number.encode(), value, f"{ALL_CLEAR_FEED}:{clear.number}")

    def update(self, order_id: str, told: Struct, now: int) -> Passed:
        """A step of an order, as far as it can be judged without knowing where the order stands."""
        record = {"order_id": order_id, **asdict(told)}
        update = read_update(record)
        needed = NEEDS.get(update.step, "")
        if needed and not getattr(update, needed):
            field = _NEEDED.get(needed, needed)
            raise RefusedError("missing_field", f"{field} is missing or empty: {update.step} needs it")
        if update.at - now > MAX_EARLY_MS:
            raise RefusedError("bad_time", f"step_time is {(update.at - now) // 60_000} min ahead")
        if update.unit and update.unit not in self.city.units:
            raise RefusedError("bad_value", "to_unit: the city has no such unit")
        if update.item and update.item not in self.city.catalogue.items:
            raise RefusedError("bad_value", "item: the catalogue has no such item")
        if update.limit:
            _check_limit(update.limit)
        value = self._encode(RECORDS[ORDER_UPDATES], record)
        return Passed(ORDER_UPDATES, order_id.encode(), value, update.number)

    def _encode(self, name: str, record: Mapping[str, object]) -> bytes:
        value = self._codec.encode(name, record)
        if len(value) > MAX_REPORT_BYTES:
            raise RefusedError("too_large", f"the record has {len(value)} bytes, at most {MAX_REPORT_BYTES} are taken")
        return value

    def knows_order(self, order_id: str) -> bool:
        """Whether an order may have this id: incident (feed and number), unit, round."""
        feed, _, rest = order_id.partition(":")
        parts = rest.rsplit("/", 2)
        return feed in FEEDS and len(parts) == 3 and parts[1] in self.city.units and parts[2].isdigit()


def field_of(error: RefusedError, kind: str, known: frozenset[str]) -> str:
    """Which member a refusal is about: the one that its text begins with, else the one that its reason is about."""
    first = error.detail.partition(" ")[0].rstrip(":,")
    return first if first in known else _FIELDS[kind].get(error.reason, "")


def _check_limit(limit: str) -> None:
    try:
        parse_limit(limit)
    except DeadlineError as error:
        raise RefusedError("bad_value", f"extra_limit: {error}") from None
