"""Which records cross between 12345 and 110, case by case, and their times."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from streams.core.handover import HandOver, acknowledge, follow_up, hand_over
from streams.core.match import FEED_BIT
from streams.core.triage import Desk
from streams.errors import SanwangError
from tests.support.demo_catalogue import catalogue
from tests.support.town import NOON, OneDesk, event

CATALOGUE = catalogue()

# feed | item | flags | from > to, reason (- stays)
# flags: life; 1-4 urgency; text, hint: by text with and without certainty; self; code=... of the source
CASES = """
# danger goes to 110 at once, whoever heard of it; 110 keeps it
hotline | 21007 | 1 life | 12345 > 110 danger
grid    | 21007 | 1 life | grid > 110 danger
grid    | 21007 | 1 life self | grid > 110 danger
hotline | 22001 | 1 life text | 12345 > 110 danger
hotline | 40001 | 1 life | 12345 > 110 danger
hotline | 55005 | 1 life hint | 12345 > 110 danger
police  | 21007 | 1 life | -
police  | 22001 | 1 life code=600300 | -

# a dispute that may turn violent: police first, then mediation
hotline | 02001 | 1 | 12345 > 110 violence
grid    | 02001 | 1 | grid > 110 violence
hotline | 01005 | 1 life | 12345 > 110 violence
police  | 02001 | 1 | 110 > 12345 mediation
police  | 02001 | 4 | 110 > 12345 mediation
hotline | 02001 | 4 | -
grid    | 02001 | 4 | -

# 110's own on another line: transferred
hotline | 11001 | 2 | 12345 > 110 police_matter
grid    | 11001 | 2 | grid > 110 police_matter
hotline | 11001 | 2 text | 12345 > 110 police_matter
hotline | 11001 | 2 hint | -
police  | 11001 | 2 | -

# no matters of the police: through 12345 to their owner
police | 33003 | 4 | 110 > 12345 not_police
police | 50002 | 4 text | 110 > 12345 not_police
police | 41001 | 2 code=600100 | 110 > 12345 not_police
police | 55005 | 4 hint code=600000 | 110 > 12345 not_police

# unclear stays with the line that took it
police  | 55005 | 4 hint | -
police  | 33003 | 4 hint | -
hotline | 55005 | 4 hint | -
grid    | 33001 | 4 | -
grid    | 11001 | 2 self | -
"""


def _rows() -> list[list[str]]:
    lines = (line for line in CASES.splitlines() if line and not line.startswith("#"))
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def decide(feed: str, code: str, flags: list[str], known: int = 0) -> HandOver | None:
    score = 0.9 if "text" in flags else 0.4
    seen = replace(
        event("1", feed=feed), item=code, urgency=int(flags[0]), life_safety="life" in flags,
        classified_by="text" if {"text", "hint"} & set(flags) else "code", score=score, self_handled="self" in flags,
        source_code=next((flag.removeprefix("code=") for flag in flags if flag.startswith("code=")), ""),
    )  # fmt: skip
    incident = Desk(CATALOGUE, OneDesk()).decide(seen, NOON).incident
    incident.closed = "self" in flags
    incident.feeds |= known
    return hand_over(seen, CATALOGUE.items[code], incident, NOON + 40)


@pytest.mark.parametrize(("feed", "code", "flags", "wanted"), _rows())
def test_hand_over(feed: str, code: str, flags: str, wanted: str) -> None:
    found = decide(feed, code, flags.split())
    assert (f"{found.from_line} > {found.to_line} {found.reason}" if found else "-") == wanted
    if found:
        assert (found.incident_id, found.pushed_at, found.acknowledged_at) == (f"{feed}:1", NOON + 40, None)


def test_a_line_that_reported_the_incident_itself_is_not_told() -> None:
    assert decide("hotline", "21007", ["1", "life"], known=FEED_BIT["police"]) is None
    assert decide("hotline", "21007", ["1", "life"], known=FEED_BIT["grid"]) is not None
    assert decide("police", "33003", ["4"], known=FEED_BIT["hotline"]) is None


def test_an_acknowledged_record_bears_both_times() -> None:
    taken = acknowledge(HandOver("hotline:1", "12345", "110", "danger", NOON), NOON + 90_000)
    assert taken == HandOver("hotline:1", "12345", "110", "danger", NOON, NOON + 90_000)


@pytest.mark.parametrize(("pushed", "at", "message"), [
    (HandOver("hotline:1", "12345", "110", "danger", NOON), NOON - 1, "hotline:1: acknowledged before it was pushed"),
    (HandOver("hotline:1", "12345", "110", "danger", NOON, NOON), NOON + 1, "110 has acknowledged this record before"),
])  # fmt: skip
def test_impossible_acknowledgements_are_refused(pushed: HandOver, at: int, message: str) -> None:
    with pytest.raises(SanwangError, match=message):
        acknowledge(pushed, at)


def test_after_the_police_a_dispute_is_mediated() -> None:
    pushed = HandOver("grid:1", "grid", "110", "violence", NOON)
    assert follow_up(pushed, NOON + 5) is None
    back = follow_up(acknowledge(pushed, NOON + 5), NOON + 6)
    assert back == HandOver("grid:1", "110", "12345", "mediation", NOON + 6)
    assert follow_up(acknowledge(back, NOON + 7), NOON + 8) is None
