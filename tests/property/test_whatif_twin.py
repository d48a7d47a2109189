"""A twin says what a desk of its own would have said, and keeps nothing of what the two agree on."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.catalogue import Catalogue
from streams.core.decision import Route
from streams.core.event import Event
from streams.core.route import Matter
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.whatif.twin import Twin, Watched
from tests.support.told import events
from tests.support.town import CATALOGUE, ITEMS, NOON, OneDesk

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
    watched, twin, alone = Watched(CATALOGUE, OneDesk()), Twin(*other, Wordings(), _unknown), Desk(*other)
    for event in told:
        said = watched.decide(event, NOON)
        assert twin.follow(event, NOON, said, watched.was) == alone.decide(event, NOON)


@given(events())
def test_nothing_is_kept_of_what_both_say(told: list[Event]) -> None:
    watched, twin = Watched(CATALOGUE, OneDesk()), Twin(CATALOGUE, OneDesk(), Wordings(), _unknown)
    for event in told:
        said = watched.decide(event, NOON)
        assert twin.follow(event, NOON, said, watched.was) is said


def _unknown(_event: Event) -> bool:
    """Whether both desks route it alike is not known beforehand."""
    return False
