"""Replays converge: a desk rebuilt from the state log at any point goes on exactly as the one that never stopped."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.event import Event
from streams.core.triage import Desk
from streams.flow.state import StateLog, state_records
from tests.support.told import events
from tests.support.town import CATALOGUE, NOON, OneDesk


def story(desk: Desk, told: list[Event]) -> list[tuple]:
    out = []
    for e in told:
        d = desk.decide(e, NOON)
        out.append(
            (
                e.event_id,
                d.outcome,
                d.incident.incident_id if d.incident else "",
                d.repeat,
                d.reasons,
                d.incident.reports if d.incident else 0,
                d.orders,
            )
        )
    return out


@given(events(), st.data())
def test_a_rebuilt_desk_goes_on_as_if_nothing_had_happened(told: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(told)))
    steady = Desk(CATALOGUE, OneDesk())
    expected = story(steady, told)[cut:]

    before, log = Desk(CATALOGUE, OneDesk()), StateLog()
    done = 0
    while done < cut:  # chunks of any size, each made durable
        size = data.draw(st.integers(1, cut - done))
        story(before, told[done : done + size])
        for key, value in state_records(*before.take_changes()):
            log.read(key, value)
        done += size
    after = Desk(CATALOGUE, OneDesk())
    log.restore(after)
    assert story(after, told[cut:]) == expected


@given(events())
def test_what_was_decided_is_told_again_after_a_crash(told: list[Event]) -> None:
    before, log = Desk(CATALOGUE, OneDesk()), StateLog()
    first = story(before, told)
    for key, value in state_records(*before.take_changes()):
        log.read(key, value)
    after = Desk(CATALOGUE, OneDesk())
    log.restore(after)
    still_open = {e.event_id for e in told if after.open.incident_of(e.event_id)}
    for was, now in zip(first, story(after, told), strict=True):
        if was[0] in still_open:
            assert now[1:3] == was[1:3]
    assert after.take_changes() == ([], [])


@given(events())
def test_every_event_has_one_outcome_and_reports_add_up(told: list[Event]) -> None:
    desk = Desk(CATALOGUE, OneDesk())
    outcomes = story(desk, told)
    positions = {}
    for e, (_, outcome, *_rest) in zip(told, outcomes, strict=True):
        assert (outcome == "redelivered") == (e.event_id in positions)
        positions.setdefault(e.event_id, e.source_offset)
    new = sum(1 for o in outcomes if o[1] == "new")
    linked = sum(1 for o in outcomes if o[1] == "linked")
    assert new + linked == len(positions)
