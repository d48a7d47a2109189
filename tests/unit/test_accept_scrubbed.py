"""A door with a key scrubs; one without takes what a door with a key has let through, as it is."""

from __future__ import annotations

import pytest

from streams.core.accept import Door, Envelope
from streams.core.area import Area
from streams.core.classify import Classifier
from streams.core.event import Report
from streams.core.places import Places
from streams.whatif.asked import report_of
from tests.support.town import CATALOGUE, NOON

PLACES = Places([Area("990100000000", "云河市", "city", "")])
ENVELOPE = Envelope(0, 1, NOON, replayed=False)
TEXT, ADDRESS = "路灯不亮，回电13900000001", "建设路3号，找13900000002"
REPORT = Report("hotline", "1", NOON, text=TEXT, address=ADDRESS, caller="13900000003")


def door(key: bytes | None) -> Door:
    return Door(CATALOGUE, PLACES, Classifier(CATALOGUE), key)


def test_an_event_told_again_is_the_same_event() -> None:
    event = door(bytes(16)).accept(REPORT, ENVELOPE, NOON)
    assert (event.text, event.address) == ("路灯不亮，回电[手机]", "建设路3号，找[手机]")
    assert event.caller > 0
    assert door(None).accept(report_of(event), ENVELOPE, NOON) == event


def test_an_empty_key_is_no_missing_key() -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        door(b"").accept(REPORT, ENVELOPE, NOON)
