"""A desk beside another one says what it would have said alone."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.catalogue import Catalogue
from streams.core.decision import Decision, Route
from streams.core.event import Event
from streams.core.route import Matter
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.whatif.desks import FirstDesk, SecondDesk
from streams.whatif.twin import Twin
from tests.support.told import events
from tests.support.town import CATALOGUE, ITEMS, NOON, RUBBISH, OneDesk

SEVERAL = st.sets(st.sampled_from(sorted(ITEMS)))


class OtherDesk(OneDesk):
    """Sends some items to another unit, or to the same with another time limit when they are urgent."""

    def __init__(self, elsewhere: set[str], sooner: set[str]) -> None:
        self._elsewhere, self._sooner = elsewhere, sooner

    def route(self, matter: Matter) -> Route:
        route = super().route(matter)
        if matter.item in self._elsewhere:
            route = replace(route, lead="elsewhere", assists=(route.lead, *route.assists))
        sooner = matter.item in self._sooner and matter.urgency < 3
        return replace(route, due_at=route.due_at - 60_000) if sooner else route


def settling(items: set[str]) -> Catalogue:
    """The catalogue where grid workers settle these items on the spot, and no others."""
    return replace(CATALOGUE, items={code: replace(item, self_handle=code in items) for code, item in ITEMS.items()})


@given(events(), SEVERAL, SEVERAL, SEVERAL)
def test_a_twin_decides_as_a_desk_of_its_own(
    told: list[Event], elsewhere: set[str], sooner: set[str], settled: set[str]
) -> None:
    other = settling(settled), OtherDesk(elsewhere, sooner)
    first = FirstDesk(CATALOGUE, OneDesk())
    twin, alone = Twin(*other, Wordings(), first, unknown), Desk(*other)
    for event in told:
        assert twin.follow(event, NOON, first.decide(event, NOON)) == alone.decide(event, NOON)


@given(events())
def test_a_twin_keeps_nothing_of_what_both_say(told: list[Event]) -> None:
    first = FirstDesk(CATALOGUE, OneDesk())
    twin = Twin(CATALOGUE, OneDesk(), Wordings(), first, unknown)
    for event in told:
        said = first.decide(event, NOON)
        assert twin.follow(event, NOON, said) is said


@given(events(), SEVERAL, st.sampled_from((60, 900, 14 * 86_400)), st.sampled_from((5, 2_000)), SEVERAL, SEVERAL)
def test_a_second_desk_decides_as_a_desk_of_its_own(
    told: list[Event], moved: set[str], window_s: int, distance_m: int, elsewhere: set[str], rubbish: set[str]
) -> None:
    """Windows and distances of some items are others, some go elsewhere, and some are rubbish on the second side."""
    wordings = Wordings()
    other = moving(moved, window_s, distance_m), OtherDesk(elsewhere, set())
    first = FirstDesk(CATALOGUE, OneDesk(), wordings)
    second = SecondDesk(*other, wordings, first, moved, lambda event: event.item not in elsewhere)
    alone = Desk(*other, wordings)
    for event in told:
        said = first.decide(event, NOON)
        heard = replace(event, item=RUBBISH) if event.item in rubbish else event
        decision = second.follow(event, NOON, said) if heard is event else second.decide(heard, NOON)
        assert without_serial(decision) == without_serial(alone.decide(heard, NOON))


def moving(items: set[str], window_s: int, distance_m: int) -> Catalogue:
    """The catalogue where reports of these items are one matter within another window and distance."""
    changed = {code: replace(ITEMS[code], window_s=window_s, distance_m=distance_m) for code in items}
    return replace(CATALOGUE, items={**ITEMS, **changed})


def without_serial(decision: Decision) -> Decision:
    """A decision without the number that its desk has given the incident."""
    return replace(decision, incident=replace(decision.incident, serial=0) if decision.incident else None)


def unknown(_event: Event) -> bool:
    """Whether both desks route it alike is not known beforehand."""
    return False
