"""What a text names, without where roughly that is."""

from streams.core.area import Area
from streams.core.match import compare, shingles_of
from streams.core.wording import Wordings, pairs_of
from tests.support.town import ITEMS, OUTAGE, event
from tests.unit.test_match import incident_of

AREAS = (
    Area("990100000000", "云河市", "city", ""),
    Area("990101000000", "青澜区", "county", "990100000000"),
    Area("990101001000", "桃渡街道", "township", "990101000000"),
    Area("990101001001", "康汀社区", "village", "990101001000"),
)
TEXT = "云河市青澜区桃渡街道康汀社区天使印象楼盘没有通气"


def test_names_of_wide_areas_are_cut_and_those_of_a_village_stay() -> None:
    cut = Wordings(AREAS).of(TEXT)
    assert not {"云河", "青澜", "桃渡"} & cut.pairs
    assert {"康汀", "天使", "印象"} <= cut.names
    assert {"云河", "青澜", "桃渡"} <= Wordings().of(TEXT).pairs


def test_a_county_is_known_without_its_suffix_too() -> None:
    assert "青澜" not in Wordings(AREAS).of("青澜天使印象没有通气").pairs


def test_a_city_whose_names_are_unknown_needs_more_evidence() -> None:
    wide = {"area": "990101000000", "lon": None, "lat": None, "text": TEXT}
    first, second = event("1", OUTAGE, **wide), event("2", OUTAGE, **wide)
    shingles = shingles_of(TEXT)
    known = compare(second, ITEMS[OUTAGE], incident_of(first), shingles, Wordings(AREAS))
    unknown = compare(second, ITEMS[OUTAGE], incident_of(first), shingles, Wordings())
    assert known is not None
    assert unknown is not None
    assert unknown.needed == known.needed + 1


def test_what_is_wrong_is_told_apart_under_one_name() -> None:
    leak, late, leak_again = (
        Wordings().of(f"天使印象楼盘{told}").troubles for told in ("外墙漏水", "延期交房", "地下室渗水")
    )
    assert leak == leak_again != late
    assert not leak & late


def test_names_alone_are_those_of_the_wording() -> None:
    wordings = Wordings(AREAS)
    names = {pairs_of(pair)[0] for pair in wordings.of(TEXT).names}
    assert names
    assert wordings.names_of(TEXT) & shingles_of(TEXT) == names
