"""Hand-overs as triage tells them: which records go out, where, and that they can be read."""

from __future__ import annotations

from msgspec.structs import replace

from streams.core.decision import Decision
from streams.core.event import Event
from streams.core.triage import Desk
from streams.flow.hand_overs import HandOvers
from streams.flow.topics import HAND_OVERS, RECORDS
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.town import ACCIDENT, CATALOGUE, FIRE, ITEMS, NOON, RUBBISH, OneDesk, event


class Recording:
    """A publisher that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes | None, bytes]] = []

    def partition_of(self, key: bytes) -> int:
        return len(key) % 3

    async def send_all(self, topic: str, by_partition: dict[int, list[tuple[bytes, bytes]]]) -> None:
        self.sent += [(topic, partition, *record) for partition, group in by_partition.items() for record in group]


def decided(*events: Event) -> list[tuple[Event, Decision, int]]:
    desk = Desk(CATALOGUE, OneDesk())
    return [(one, desk.decide(one, NOON), n) for n, one in enumerate(events)]


def hand_overs(publisher: Recording | None = None) -> HandOvers:
    return HandOvers(ITEMS, Codec(FileSource()), publisher or Recording())


def test_danger_is_found_once_in_a_chunk_however_many_report_it() -> None:
    fires = [event(str(n), FIRE, lon=114.6, lat=33.6) for n in (1, 2, 3)]
    assert [(h.incident_id, h.to_line, h.pushed_at) for h, _ in hand_overs().find(decided(*fires), NOON + 7)] == [
        ("hotline:1", "110", NOON + 7)
    ]


def test_what_stays_is_not_found() -> None:
    assert hand_overs().find(decided(event("1", RUBBISH), event("2", ACCIDENT, feed="police")), NOON) == []


def test_a_line_that_joined_in_the_same_chunk_is_not_told() -> None:
    both = decided(event("1", FIRE), event("2", FIRE, feed="police"))
    assert both[1][1].outcome == "linked"
    assert hand_overs().find(both, NOON) == []


def test_a_replay_is_pushed_at_its_own_time() -> None:
    old = event("1", FIRE, replayed=True, at=NOON - 86_400_000)
    assert [h.pushed_at for h, _ in hand_overs().find(decided(old), NOON)] == [NOON - 86_400_000]


def test_a_redelivery_is_not_pushed_again() -> None:
    again = replace(event("1", RUBBISH, feed="police"), source_offset=9)
    twice = decided(event("1", RUBBISH, feed="police"), again)
    assert twice[1][1].outcome == "redelivered"
    assert len(hand_overs().find(twice[1:], NOON)) == 0


async def test_records_go_to_the_topic_by_incident_and_can_be_read() -> None:
    publisher = Recording()
    telling = hand_overs(publisher)
    found = telling.find(decided(event("1", FIRE)), NOON)
    await telling.push(found)
    [(topic, partition, key, value)] = publisher.sent
    assert (topic, partition, key) == (HAND_OVERS, len(key) % 3, b"hotline:1")
    assert Codec(FileSource()).decode(RECORDS[HAND_OVERS], value) == {
        "incident_id": "hotline:1", "from_line": "12345", "to_line": "110", "reason": "danger", "pushed_at": NOON,
        "acknowledged_at": None,
    }  # fmt: skip
    assert telling.rows(found) == [("hotline:1", "12345", "110", "danger", NOON, NOON, None, 1)]
