"""Same incident? Evidence, one kind at a time."""

from itertools import product

import pytest

from streams.core.decision import Incident
from streams.core.match import FEED_BIT, Match, common_area, compare, distance, shingles_of
from streams.core.wording import Wordings
from tests.support.town import ACCIDENT, BURST_PIPE, GRID, ITEMS, MINUTE, NOON, OUTAGE, RUBBISH, event

METRE = 1 / 111_320  # degrees of latitude


def incident_of(e) -> Incident:
    return Incident(
        e.event_id,
        0,
        0,
        e.caller,
        e.item,
        e.area,
        e.lon,
        e.lat,
        e.occurred_at,
        e.occurred_at,
        e.clock,
        0,
        1,
        FEED_BIT[e.feed],
        0,
        e.urgency,
        e.life_safety,
        "u",
        (),
        "r",
        0,
        False,
        1,
        e.text,
        e.address,
    )


def match(first, second) -> Match | None:
    return compare(second, ITEMS[second.item], incident_of(first), shingles_of(second.text), Wordings())


def same(first, second) -> bool:
    found = match(first, second)
    return found is not None and found.same


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, True, id="the same words at the same place and time"),
        pytest.param({"at": NOON + 239 * MINUTE}, True, id="just inside four hours"),
        pytest.param({"at": NOON + 241 * MINUTE}, False, id="just outside four hours"),
        pytest.param({"lat": 33.6 + 490 * METRE}, True, id="inside 500 m"),
        pytest.param({"lat": 33.6 + 510 * METRE}, False, id="outside 500 m"),
        pytest.param({"text": "门口水漫出来了，好像是管子破了"}, True, id="other words, same spot"),
        pytest.param({"lat": 33.6 + 400 * METRE, "text": "小区门口水漫出来了，没人管"}, True, id="other words, near"),
        pytest.param({"lon": None, "lat": None, "text": "我们这里停水没人管已经很久了请处理"}, True, id="same grid"),
        pytest.param(
            {"lon": None, "lat": None, "area": "990101001000", "text": "停水没人管已经很久了请处理"},
            False,
            id="same township says too little",
        ),
        pytest.param({"lon": None, "lat": None, "area": "990101001000"}, True, id="same township, same words"),
        pytest.param({"lon": None, "lat": None, "area": "990101001002"}, False, id="another village"),
    ],
)
def test_burst_pipe(change, expected) -> None:
    assert same(event("1"), event("2", **change)) is expected


def test_kin_items_match_with_more_evidence() -> None:
    assert same(event("1", BURST_PIPE), event("2", OUTAGE))
    assert match(event("1", BURST_PIPE), event("2", RUBBISH)) is None


def test_crossing_110_and_12345_needs_more() -> None:
    far = {"lat": 33.6 + 400 * METRE, "text": "路口撞了两辆车有人受伤", "at": NOON + 5 * MINUTE}
    call = event("1", ACCIDENT, text="建设路发生事故车子撞了")
    assert same(call, event("2", ACCIDENT, **{**far, "lat": 33.6 + 200 * METRE}))
    assert not same(call, event("2", ACCIDENT, feed="police", **{**far, "lat": 33.6 + 200 * METRE}))
    assert same(call, event("2", ACCIDENT, feed="police", **{**far, "lat": 33.6 + 50 * METRE}))


def test_long_windows_need_words() -> None:
    at = {"at": NOON + 600 * MINUTE, "lat": 33.6 + 40 * METRE}
    assert not same(
        event("1", RUBBISH, text="绿化带里有一堆建筑垃圾没人清"), event("2", RUBBISH, text="垃圾桶满了三天", **at)
    )
    assert same(
        event("1", RUBBISH, text="绿化带里有一堆垃圾没人清"),
        event("2", RUBBISH, text="绿化带有一堆垃圾没有人清理", **at),
    )


def test_told_what_is_to_beat_it_tells_of_the_same_matter_with_more_points_and_of_no_other() -> None:
    """Against every report of a street, whatever has been found before."""
    streets = (BURST_PIPE, OUTAGE, RUBBISH, ACCIDENT)
    texts = ("小区门口水管爆了水漫出来了", "停水没人管已经很久了请处理", "水")
    told = [
        event(f"{n}", item, feed=feed, text=text, lat=33.6 + metres * METRE)
        for n, (item, feed, text, metres) in enumerate(product(streets, ("hotline", "police"), texts, (0, 90, 280)))
    ]
    won = lost = 0
    for one, other in product(told, told):
        whole = match(one, other)
        for beaten in (0.0, 4.0, 6.0, 8.0):
            found = compare(
                other, ITEMS[other.item], incident_of(one), shingles_of(other.text), Wordings(), beaten
            )
            wins = whole is not None and whole.same and whole.points > beaten
            assert found == (whole if wins else None)
            won, lost = won + wins, lost + (not wins)
    assert min(won, lost) > 100


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", 0), ("水", 0), ("水管", 1), ("水管爆", 2), ("水管，水管", 2), ("水管水管水", 2), ("漏\ud83d水", 1),
        ("𠮷水🔥𠮷水", 2),
    ],
)
def test_pairs_of_neighbouring_characters_are_told_apart(text: str, pairs: int) -> None:
    assert len(shingles_of(text)) == pairs


def test_pairs_are_shared_by_what_is_written_alike() -> None:
    assert len(shingles_of("小区水管爆了") & shingles_of("水管爆了，没人管")) == 3
    assert not shingles_of("水管") & shingles_of("管水")


def test_reasons_can_be_read() -> None:
    found = match(event("1"), event("2", lat=33.6 + 100 * METRE, at=NOON + 10 * MINUTE))
    assert found is not None
    assert found.reasons == (f"same item {BURST_PIPE}", "100 m of 500 m", "10 min of 240 min", "text 1.00")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (GRID, GRID, GRID),
        (GRID, "990101001001", "990101001001"),
        ("990101001000", GRID, "990101001000"),
        ("990100000000", GRID, "990100000000"),
        (GRID, "990101001002", None),
        ("990101000000", "990102000000", None),
    ],
)
def test_common_area(one, other, expected) -> None:
    assert common_area(one, other) == expected


def test_distance_is_metres() -> None:
    assert distance(114.6, 33.6, 114.6, 33.601) == pytest.approx(111.3, abs=0.5)
    assert distance(114.6, 33.6, 114.601, 33.6) == pytest.approx(92.7, abs=0.5)
