"""Corrections at any time, a rebuild at any time: the desk goes on exactly as the one that never stopped."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.event import Event
from streams.core.triage import Desk
from streams.errors import RefusedError
from streams.flow.state import StateLog, state_records
from tests.property.test_triage_replay import events, story
from tests.support.town import CATALOGUE, NOON, OneDesk


def correct(desk: Desk, told: list[Event], numbers: set[int]) -> list[str]:
    """Split off the events at those places; what became of each."""
    outcomes = []
    for number in sorted(numbers):
        try:
            decision = desk.split(told[number], NOON)
            outcomes.append(f"{decision.incident and decision.incident.incident_id} {decision.reasons}")
        except RefusedError as error:
            outcomes.append(error.reason)
    return outcomes


@given(events(), st.data())
def test_a_rebuilt_desk_keeps_corrections(told: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(told)))
    numbers = data.draw(st.sets(st.integers(0, len(told) - 1)))
    steady, log = Desk(CATALOGUE, OneDesk()), StateLog()
    story(steady, told[:cut])
    corrected = correct(steady, told, numbers)
    for key, value in state_records(*steady.take_changes()):
        log.read(key, value)
    rebuilt = Desk(CATALOGUE, OneDesk())
    log.restore(rebuilt)
    assert correct(rebuilt, told, numbers) == corrected
    assert story(rebuilt, told) == story(steady, told)
    reports = sum(i.reports for i in map(rebuilt.open.get, {e.event_id for e in told}) if i)
    assert reports <= len({e.event_id for e in told})
