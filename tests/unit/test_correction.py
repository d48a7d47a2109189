"""Corrections of matching: a report off its incident, and what stays."""

import pytest

from streams.core.correction import joined, left_behind, read_correction
from streams.core.triage import Desk
from streams.errors import RefusedError
from streams.flow.state import StateLog, state_records
from tests.support.town import BURST_PIPE, CATALOGUE, MINUTE, NOON, OneDesk, event

RECORD = {
    "number": "c1", "event_id": "hotline:2", "incident_id": "hotline:1", "area": "990101001001",
    "corrected_at": "20260310100000", "by": "desk", "reason": "另一处，电话13900000001",
}  # fmt: skip


def three() -> tuple[Desk, list]:
    """A desk with one incident of three reports: two of the hotline, of one caller, and one of the grid."""
    desk = Desk(CATALOGUE, OneDesk())
    told = [event("1", caller=7), event("2", caller=7), event("3", feed="grid", at=NOON + MINUTE)]
    for each in told:
        desk.decide(each, NOON)
    return desk, told


def test_a_report_becomes_an_incident_of_its_own_with_orders() -> None:
    desk, (_, second, third) = three()
    decision = desk.split(second, NOON + 5)
    assert (decision.outcome, decision.reasons) == ("new", ("split off hotline:1",))
    assert [o.order_id for o in decision.orders] == [f"hotline:2/{r}-{BURST_PIPE}/1" for r in ("lead", "assist")]
    left = desk.open.get("hotline:1")
    assert (left.reports, left.repeats, left.feeds, left.revision) == (2, 0, 5, 4)
    desk.split(third, NOON + 5)
    assert (left.reports, left.feeds) == (1, 1)


def test_it_is_never_merged_again_and_said_twice_told_again() -> None:
    desk, (_, second, _) = three()
    first = desk.split(second, NOON + 5)
    assert [incident.incident_id for incident in desk.take_changes()[0]] == ["hotline:1", "hotline:2"]
    assert desk.decide(second, NOON + 6).incident.incident_id == "hotline:2"
    assert desk.decide(event("2", source_offset=99), NOON + 6).outcome == "redelivered"
    again = desk.split(second, NOON + 5)
    assert (again.orders, again.reasons) == (first.orders, first.reasons)
    assert desk.take_changes() == ([], [])


def test_a_later_report_of_the_same_caller_is_no_repeat_of_the_old_incident() -> None:
    desk, (_, second, _) = three()
    desk.split(second, NOON)
    assert not desk.open.knows_caller(desk.open.get("hotline:1"), 8)
    later = desk.decide(event("9", parent="hotline:2", caller=7), NOON)
    assert (later.incident.incident_id, later.repeat) == ("hotline:2", True)


def test_it_holds_over_a_restart() -> None:
    desk, told = three()
    log = StateLog()
    for key, value in state_records(*desk.take_changes()):
        log.read(key, value)
    desk.split(told[1], NOON)
    for key, value in state_records(*desk.take_changes()):
        log.read(key, value)
    restarted = Desk(CATALOGUE, OneDesk())
    log.restore(restarted)
    assert restarted.open.get("hotline:1").reports == 2
    assert left_behind(restarted.open.link_of("hotline:2")) == "hotline:1"
    for each in told:
        assert restarted.decide(each, NOON).incident == desk.decide(each, NOON).incident
    assert restarted.split(told[1], NOON) == desk.split(told[1], NOON)


@pytest.mark.parametrize(("event_id", "reason"), [("hotline:1", "first_report"), ("hotline:77", "not_open")])
def test_what_cannot_be_split_off_is_refused(event_id, reason) -> None:
    desk, _ = three()
    with pytest.raises(RefusedError) as refused:
        joined(desk.open, event_id)
    assert refused.value.reason == reason


def test_a_record_is_read_and_scrubbed() -> None:
    correction = read_correction(RECORD)
    assert (correction.event_id, correction.at, correction.reason) == (
        "hotline:2", 1_773_108_000_000, "另一处，电话[手机]",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event_id": " "}, "missing_field"),
        ({"number": "9" * 300}, "bad_value"),
        ({"corrected_at": "yesterday"}, "bad_time"),
        ({"area": "somewhere"}, "unknown_area"),
    ],
)
def test_bad_records_are_refused(change, reason) -> None:
    with pytest.raises(RefusedError) as refused:
        read_correction(RECORD | change)
    assert refused.value.reason == reason
