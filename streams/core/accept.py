"""Acceptance: a decoded report becomes an event - scrubbed, placed, classified - or is refused with a reason."""

from __future__ import annotations

from msgspec import Struct

from streams.core.catalogue import Catalogue, Item
from streams.core.classify import Classifier
from streams.core.event import Classified, Event, Place, Report
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

    def __init__(self, catalogue: Catalogue, places: Places, classifier: Classifier, key: bytes | None) -> None:
        """`key` is that of the caller hash; None where reports come from events, which hold no personal data.

        Their text has been scrubbed, and their callers are hashes.
        """
        self._catalogue = catalogue
        self._places = places
        self._classifier = classifier
        self._key = key

    def accept(self, report: Report, envelope: Envelope, now: int) -> Event:
        """The event of a report; raises `RefusedError` as `place_of` does."""
        place = place_of(report, self._places, envelope.received_at, replayed=envelope.replayed)
        text = self._scrubbed(report.text)
        found = self._classifier.classify(report.feed, report.codes, report.labels, text)
        item = self._catalogue.items[found.item]
        danger = self._danger(report, found, item, text)
        level, reasons = (danger[0].level, danger[1]) if danger else (item.level, found.reasons)
        return Event(
            f"{report.feed}:{report.number}", report.feed, envelope.partition, envelope.offset, report.occurred_at,
            envelope.received_at, now, envelope.replayed, place.area, place.by, place.ambiguous, place.lon, place.lat,
            found.item, found.by, found.score, reasons, min(level, item.level), item.life_safety or danger is not None,
            f"{report.feed}:{report.parent}" if report.parent else "", self._caller(report.caller),
            report.self_handled, text, self._scrubbed(report.address), self._catalogue.version, report.wish,
            self._known_code(report),
        )

    def _scrubbed(self, text: str) -> str:
        return text if self._key is None else scrub(text)

    def _caller(self, caller: str) -> int:
        return int(caller or 0) if self._key is None else caller_hash(self._key, caller)

    def _danger(self, report: Report, found: Classified, item: Item, text: str) -> tuple[Item, tuple[str, ...]] | None:
        """Danger to life in the text of a report of another item by its code, with the reasons of both.

        A hotline agent or a grid worker may choose the code of the street lamp for the burning one. The code stands,
        but the report is as urgent as the danger, and goes to the police first. 110 knows danger by itself.
        """
        if found.by != "code" or item.life_safety or report.feed == "police":
            return None
        told = self._classifier.danger(text)
        if told is None:
            return None
        danger = self._catalogue.items[told.item]
        return danger, (*found.reasons, f"danger {danger.code}", *(word for word, _ in told.words))

    def _known_code(self, report: Report) -> str:
        """The most specific class code of the source; an unknown one may be anything, so it is not kept."""
        known = self._catalogue.codes.get(report.feed, {})
        return next((code for code in report.codes if code in known), "")


def place_of(report: Report, places: Places, received_at: int, *, replayed: bool) -> Place:
    """Where an acceptable report is: all that can refuse one after its record could be read.

    `received_at` is ms UTC. Raises `RefusedError` (too_large, bad_time, unknown_area, outside_city).
    """
    if len(report.text) > MAX_TEXT:
        raise RefusedError("too_large", f"text has {len(report.text)} characters, at most {MAX_TEXT} are taken")
    early = report.occurred_at - received_at
    if early > MAX_EARLY_MS:
        raise RefusedError("bad_time", f"occurred {early // 60_000} min after it was received")
    if not replayed and -early > MAX_AGE_MS:
        raise RefusedError("bad_time", f"occurred {-early // _DAY_MS} days before it was received")
    return places.locate(report.area, report.lon, report.lat, report.address or report.text[:200])
