"""The lookouts of the partitions that a worker has: who watches what, and how a lookout is rebuilt.

Everything that a lookout knows is in topics: the incidents of eight days, the signs of presence of three, and the
warnings themselves, each of which is the state of its own hysteresis. So a new owner goes on where the last one ended;
only the time for which a warning has deserved a lower colour is counted anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time

from aiokafka import ConsumerRecord
from msgspec import Struct
from msgspec.msgpack import Decoder

from streams.city.city import City
from streams.config import Kafka, Watch
from streams.core.deadline import HOUR, MINUTE
from streams.core.lookout import Duty, Lookout
from streams.core.oldest import keep_youngest
from streams.core.warnings import Colour, ColourWarning, Sight
from streams.errors import SanwangError
from streams.flow.log_reader import read_partition
from streams.flow.signs import decode_sign
from streams.flow.terms import Terms, unstamped
from streams.flow.topics import FEED_TOPICS, INCIDENTS, SIGNS, WARNINGS, partition_of
from streams.wire.codec import Codec, Record

PAST_MS = HOUR  # what was older than this when it was written is history that was fed in again
_SEEN = 50_000  # incidents that are known again when they are told a second time


class _Seen(Struct, frozen=True, array_like=True, gc=False):
    """The beginning of an `Incident` as it is in its topic; the rest is skipped."""

    incident_id: str
    source_partition: int
    source_offset: int
    caller: int
    item: str
    area: str
    lon: float | None
    lat: float | None
    first_at: int
    last_at: int
    opened_at: int
    touched: int


_decode_incident = Decoder(_Seen).decode


class Seat:
    """One partition's lookout, and which incidents it was told of."""

    def __init__(self, lookout: Lookout) -> None:
        self.lookout = lookout
        self._seen: dict[str, None] = {}

    def is_new(self, incident_id: str) -> bool:
        """Whether an incident is told for the first time; from now on it is not."""
        if incident_id in self._seen:
            return False
        self._seen[incident_id] = None
        keep_youngest(self._seen, _SEEN)
        return True


async def recover_seat(kafka: Kafka, partition: int, duty: Duty, codec: Codec) -> tuple[Seat, list[ColourWarning]]:
    """Rebuild a partition's seat from the topics; with it the warnings that were told within the last day."""
    seat = Seat(Lookout(duty, int(time() * 1000)))
    terms = Terms()
    async for records in read_partition(kafka, INCIDENTS, partition):
        for record in records:
            if terms.count(record.key, record.value):
                _remember(seat, record)
    async for records in read_partition(kafka, SIGNS, partition):
        for record in records:
            take_sign(seat.lookout, record.value or b"")
    late: list[ColourWarning] = []
    async for records in read_partition(kafka, WARNINGS, partition):
        for record in records:
            warning = warning_of(codec.decode("Warning", record.value or b""))
            seat.lookout.restore(warning, past=record.timestamp - warning.sight.at > PAST_MS)
            if record.timestamp > (time() - 86_400) * 1000:
                late.append(warning)
    return seat, late


def take_sign(lookout: Lookout, value: bytes) -> None:
    """Tell a lookout of the all-clears and beats of one record."""
    sign = decode_sign(value)
    for grid, at in sign.clears:
        lookout.clear(grid, at)
    for beat in sign.beats:
        lookout.beat(beat)


def _remember(seat: Seat, record: ConsumerRecord) -> None:
    if record.value is None or record.key is None or record.key[:1] != b"i":
        return
    found = _decode_incident(unstamped(record.value) or b"")
    past = record.timestamp - found.touched > PAST_MS
    if not past:
        seat.lookout.heard(found.area, min(found.touched, record.timestamp))
    if seat.is_new(found.incident_id):
        seat.lookout.remember(found.area, found.item, found.opened_at, past=past)


def duties(city: City, kafka: Kafka, watch: Watch) -> Callable[[int], Duty]:
    """Partition -> what its lookout watches. Raises SanwangError on settings that do not fit."""
    look_ms, cutoff = watch.look_s * 1000, _minute_of(watch.cutoff)
    if look_ms <= 0 or HOUR % look_ms:
        raise SanwangError(f"settings: watch.look_s is {watch.look_s}, it must divide an hour")
    quiet: Mapping[str, float] = {
        "police": watch.police_quiet_min, "hotline": watch.hotline_quiet_min, "grid": watch.grid_quiet_min,
        "allclears": watch.allclears_quiet_min,
    }  # fmt: skip
    quiet_ms = {feed: _quiet_ms(minutes) for feed, minutes in quiet.items()}
    places: dict[str, dict[int, list[str]]] = {"county": {}, "grid": {}}
    for area in city.areas.values():
        if area.level in places:
            places[area.level].setdefault(partition_of(area.code, kafka.partitions), []).append(area.code)
    feeds = dict.fromkeys(FEED_TOPICS.values(), kafka.partitions)

    def duty(partition: int) -> Duty:
        counties, grids = (tuple(sorted(places[level].get(partition, ()))) for level in ("county", "grid"))
        whole = city.code if partition == 0 else ""
        return Duty(look_ms, cutoff, kafka.partitions, feeds, quiet_ms, _quiet_ms(watch.county_quiet_min), whole,
                    counties, grids)  # fmt: skip

    return duty


def _minute_of(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise SanwangError(f"settings: watch.cutoff is {text!r}, it must be a time of day as in 21:00")
    return int(hour) * 60 + int(minute)


def _quiet_ms(minutes: float) -> int:
    if minutes <= 0:
        raise SanwangError(f"settings: {minutes:g} minutes of quiet, it must be more than 0")
    return round(minutes * MINUTE)


def record_of(warning: ColourWarning) -> Record:
    """A warning as the fields of schemas/Warning.avsc."""
    sight = warning.sight
    return {
        "warning_id": warning.warning_id, "revision": warning.revision, "change": warning.change,
        "subject": sight.subject, "place": sight.place, "kind": sight.kind, "colour": int(warning.colour),
        "count": sight.count, "expected": sight.expected, "raised_at": warning.raised_at, "at": sight.at,
    }  # fmt: skip


def warning_of(record: Record) -> ColourWarning:
    """The warning that such fields tell of."""
    r = record
    colour = Colour(r["colour"])
    sight = Sight(r["subject"], r["place"], r["kind"], r["at"], colour, r["count"], r["expected"])
    return ColourWarning(r["warning_id"], r["revision"], r["change"], colour, sight, r["raised_at"])
