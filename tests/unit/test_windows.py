"""Windows end when their time has come, and never while they have begun anew."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.decision import Incident
from streams.core.triage import Desk
from streams.core.windows import Windows
from tests.support.town import CATALOGUE, NOON, OneDesk, event


def incident(number: int) -> Incident:
    opened = Desk(CATALOGUE, OneDesk()).decide(event(str(number)), NOON).incident
    assert opened
    return opened


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=60), st.integers(1, 10))
def test_who_is_told_began_before_that_and_has_not_begun_since(steps: list[tuple[int, int]], kept: int) -> None:
    """Against a dictionary by incident: some incident is touched, time goes on, windows end."""
    known, windows, now = [incident(n) for n in range(6)], Windows(), 0
    begun: dict[int, int] = {}
    for which, later in steps:
        now += later
        known[which].touched = begun[which] = now
        windows.begin(known[which])
        told = {one.incident_id for one in windows.begun_before(now - kept)}
        ended = {n for n, at in begun.items() if at < now - kept}
        assert told == {known[n].incident_id for n in ended}
        begun = {n: at for n, at in begun.items() if n not in ended}
