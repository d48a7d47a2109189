"""Triage of one partition, decision by decision."""

import pytest
from msgspec.structs import replace

from streams.core.match import TEXT_CHARS
from streams.core.neighbourhood import CELL_DEGREES
from streams.core.open_incidents import CANDIDATES
from streams.core.triage import Desk
from tests.support.town import ACCIDENT, BURST_PIPE, CATALOGUE, FIRE, MINUTE, NOON, RUBBISH, OneDesk, event, item

HOUR = 60 * MINUTE


def desk() -> Desk:
    return Desk(CATALOGUE, OneDesk())


def test_a_new_matter_gets_one_lead_and_a_due_time() -> None:
    decision = desk().decide(event("1"), NOON + 5)
    assert decision.outcome == "new"
    assert [(o.unit, o.role, o.order_id) for o in decision.orders] == [
        (f"lead-{BURST_PIPE}", "lead", f"hotline:1/lead-{BURST_PIPE}/1"),
        (f"assist-{BURST_PIPE}", "assist", f"hotline:1/assist-{BURST_PIPE}/1"),
    ]
    assert {(o.due_at, o.issued_at) for o in decision.orders} == {(NOON + 2 * HOUR, NOON + 5)}


def test_a_second_caller_is_linked_and_counted() -> None:
    d = desk()
    first = d.decide(event("1", caller=7), NOON)
    second = d.decide(event("2", caller=8), NOON)
    assert (second.outcome, second.orders, second.repeat) == ("linked", (), False)
    assert second.incident is first.incident
    assert (second.incident.reports, second.incident.revision, second.incident.repeats) == (2, 2, 0)


def test_a_repeat_appeal_is_counted_not_suppressed() -> None:
    d = desk()
    d.decide(event("1", caller=7), NOON)
    d.decide(event("2", caller=8), NOON)
    for number, caller in (("3", 7), ("4", 8)):
        again = d.decide(event(number, caller=caller), NOON)
        assert (again.outcome, again.repeat) == ("linked", True)
    assert again.incident.repeats == 2
    assert not d.decide(event("5", caller=0), NOON).repeat  # unknown callers are never taken for one another


def test_a_redelivery_is_dropped_but_the_same_record_is_told_again() -> None:
    d = desk()
    first = d.decide(event("1"), NOON)
    redelivered = d.decide(event("1", source_offset=99), NOON)
    assert (redelivered.outcome, redelivered.orders) == ("redelivered", ())
    told = d.decide(event("1"), NOON)
    assert (told.outcome, told.orders) == ("new", first.orders)
    assert first.incident.reports == 1


def test_a_linked_event_is_told_again_as_linked() -> None:
    d = desk()
    d.decide(event("1", caller=7), NOON)
    linked = d.decide(event("2", caller=7), NOON)
    told = d.decide(event("2", caller=7), NOON)
    assert (told.outcome, told.repeat, told.reasons) == ("linked", True, linked.reasons)
    assert told.incident.reports == 2


def test_orders_that_a_linked_event_raised_are_told_again() -> None:
    d = desk()
    d.decide(event("1", BURST_PIPE, feed="police"), NOON)
    raised = d.decide(event("2", BURST_PIPE, feed="police", urgency=1), NOON)
    assert raised.outcome == "linked"
    assert raised.orders
    assert d.decide(event("2", BURST_PIPE, feed="police", urgency=1), NOON).orders == raised.orders


def test_every_life_safety_report_is_dispatched() -> None:
    d = desk()
    d.decide(event("1", FIRE), NOON)
    again = d.decide(event("2", FIRE), NOON)
    assert again.outcome == "linked"
    assert next((o.order_id, o.revision, o.reports) for o in again.orders) == (f"hotline:1/lead-{FIRE}/1", 2, 2)


def test_a_named_parent_alarm_wins_over_all_else() -> None:
    d = desk()
    d.decide(event("1", ACCIDENT, feed="police"), NOON)
    child = event("2", BURST_PIPE, feed="police", parent="police:1", at=NOON + 50 * MINUTE, lon=114.7)
    decision = d.decide(child, NOON)
    assert (decision.outcome, decision.reasons) == ("linked", ("names police:1",))


def test_a_more_urgent_report_takes_the_lead() -> None:
    d = desk()
    d.decide(event("1", BURST_PIPE, feed="police"), NOON)
    raised = d.decide(event("2", FIRE, feed="police", parent="police:1"), NOON)
    assert (raised.incident.urgency, raised.incident.life_safety) == (1, True)
    assert raised.incident.lead == f"lead-{FIRE}"
    assert raised.incident.assists == (f"assist-{FIRE}", f"lead-{BURST_PIPE}", f"assist-{BURST_PIPE}")
    assert [o.unit for o in raised.orders] == [raised.incident.lead, *raised.incident.assists]


def test_many_reports_raise_the_urgency_but_never_to_red() -> None:
    d = desk()
    urgencies = [d.decide(event(str(n), RUBBISH), NOON).incident.urgency for n in range(1, 61)]
    assert (urgencies[8], urgencies[9], urgencies[49], urgencies[59]) == (4, 3, 2, 2)


def test_settled_on_the_spot_closes_in_one_message_where_the_catalogue_allows() -> None:
    d = desk()
    settled = d.decide(event("1", RUBBISH, feed="grid", self_handled=True), NOON)
    assert (settled.incident.closed, settled.orders) == (True, ())
    complained = d.decide(event("2", RUBBISH), NOON)
    assert complained.outcome == "linked"
    assert not complained.incident.closed
    assert complained.orders
    assert d.decide(event("3", BURST_PIPE, feed="grid", self_handled=True), NOON).orders


def test_changes_are_taken_once_and_cover_every_decision() -> None:
    d = desk()
    d.decide(event("1"), NOON)
    d.decide(event("2"), NOON)
    d.decide(event("3", FIRE), NOON)
    incidents, links = d.take_changes()
    assert [i.incident_id for i in incidents] == ["hotline:1", "hotline:3"]
    assert [link.event_id for link in links] == ["hotline:2"]
    assert d.take_changes() == ([], [])


def test_old_incidents_are_forgotten_their_ids_are_not() -> None:
    d = desk()
    d.decide(event("1", text="甲" * 500), NOON)
    assert len(d.open.get("hotline:1").text) == TEXT_CHARS
    d.decide(event("2", FIRE, at=NOON + 30 * HOUR), NOON)
    assert d.open.get("hotline:1") is None
    assert len(d.open) == 1
    assert d.decide(event("1", source_offset=99), NOON).outcome == "redelivered"


def test_a_wide_place_still_matches_by_its_words() -> None:
    d = desk()
    for n in range(100):
        d.decide(
            event(str(n), area="990101000000", lon=None, lat=None, text=f"第{n}件事，各不相同" + chr(0x4E00 + n) * 20),
            NOON,
        )
    wide = {"area": "990101000000", "lon": None, "lat": None}
    first = d.decide(event("200", text="人民路水管爆裂，路面大量积水", **wide), NOON)
    for n in range(300, 400):
        d.decide(event(str(n), text=f"第{n}件事，各不相同" + chr(0x4E00 + n) * 20, **wide), NOON)
    again = d.decide(event("500", text="人民路水管爆裂，路面大量积水，请尽快", **wide), NOON)
    assert again.incident is first.incident


@pytest.mark.parametrize("distance_m", [0, 50])
def test_reports_on_both_sides_of_a_cells_border_meet(distance_m: int) -> None:
    """Nine metres apart, in two villages: two coordinates of one place may differ by thirty."""
    near = replace(CATALOGUE, items={**CATALOGUE.items, RUBBISH: item(RUBBISH, 4, 86_400, distance_m)})
    border, half = 11_461 * CELL_DEGREES, 5e-5
    desk = Desk(near, OneDesk())
    desk.decide(event("1", RUBBISH, lon=border - half), NOON)
    assert desk.decide(event("2", RUBBISH, lon=border + half, area="990101001002001"), NOON).outcome == "linked"


def test_where_a_cell_holds_more_than_are_looked_at_those_of_the_village_are_looked_at_too() -> None:
    desk = Desk(CATALOGUE, OneDesk())
    lon, lat = 114.605, 33.605
    told = {"text": "堆着垃圾没人清理已经好几天了", "address": ""}
    desk.decide(event("1", RUBBISH, lon=lon, lat=lat, **told), NOON)
    for n in range(CANDIDATES):  # another village's of the same kind, out of reach within the same cell
        other = {"lat": lat - 0.003, "area": "990101001002001", "text": chr(0x4E00 + n)}
        desk.decide(event(str(n + 2), RUBBISH, lon=lon, **other), NOON)
    assert desk.decide(event("100", RUBBISH, lon=lon, lat=lat, **told), NOON).incident.incident_id == "hotline:1"
