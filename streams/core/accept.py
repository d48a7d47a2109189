"""Acceptance: a decoded report becomes an event - scrubbed, placed, classified - or is refused with a reason."""

from __future__ import annotations

from msgspec import Struct

from streams.core.catalogue import Catalogue
from streams.core.classify import Classifier
from streams.core.event import Event, Report
from streams.core.places import Places
from streams.core.scrub import caller_hash, scrub
from streams.errors import RefusedError

MAX_TEXT = 20_000  # characters; the longest real appeals are about 3,000
_DAY_MS = 86_400_000
MAX_EARLY_MS = 10 * 60_000  # a source's clock may run ahead by this much
MAX_AGE_MS = 400 * _DAY_MS  # a live report older than this has an impossible time; a replay may be of any age


class Envelope(Struct, frozen=True, gc=False):
    """What is known of a feed record besides its content."""

    partition: int
    offset: int
    received_at: int  # ms UTC
    replayed: bool


class Door:
    """Turns reports into events, for one city and one secret."""

    def __init__(self, catalogue: Catalogue, places: Places, classifier: Classifier, key: bytes) -> None:
        self._catalogue = catalogue
        self._places = places
        self._classifier = classifier
        self._key = key

    def accept(self, report: Report, envelope: Envelope, now: int) -> Event:
        """The event of a report; raises `RefusedError` (too_large, bad_time, unknown_area, outside_city)."""
        if len(report.text) > MAX_TEXT:
            raise RefusedError("too_large", f"text has {len(report.text)} characters, at most {MAX_TEXT} are taken")
        _check_time(report, envelope)
        place = self._places.locate(report.area, report.lon, report.lat, report.address or report.text[:200])
        text = scrub(report.text)
        found = self._classifier.classify(report.feed, report.codes, report.labels, text)
        item = self._catalogue.items[found.item]
        return Event(
            f"{report.feed}:{report.number}", report.feed, envelope.partition, envelope.offset, report.occurred_at,
            envelope.received_at, now, envelope.replayed, place.area, place.by, place.ambiguous, place.lon, place.lat,
            found.item, found.by, found.score, found.reasons, item.level, item.life_safety,
            f"{report.feed}:{report.parent}" if report.parent else "", caller_hash(self._key, report.caller),
            report.self_handled, text, scrub(report.address), self._catalogue.version,
        )


def _check_time(report: Report, envelope: Envelope) -> None:
    early = report.occurred_at - envelope.received_at
    if early > MAX_EARLY_MS:
        raise RefusedError("bad_time", f"occurred {early // 60_000} min after it was received")
    if not envelope.replayed and -early > MAX_AGE_MS:
        raise RefusedError("bad_time", f"occurred {-early // _DAY_MS} days before it was received")
