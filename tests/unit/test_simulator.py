"""The simulator: the same seed gives the same day, and the day is made of what its profile says."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import pytest

from streams.city.calendar import Calendar
from streams.city.city import City
from streams.core.area import Area
from streams.core.catalogue import Catalogue, Item
from streams.errors import RefusedError, SanwangError
from streams.intake.simulator import CALM, STORM, Fed, Profile, Simulator, profile_named, value_of
from streams.wire.codec import Codec
from streams.wire.source import FileSource

START_MS = 1_790_000_000_000


def item(code: str, name: str, channel: str, level: int = 3, *, self_handle: bool = False) -> Item:
    return Item(
        code, name, code[:2], f"第{code[:2]}类", "市政公用", "城市管理局", (), level, "4h", "placeholder", channel,
        self_handle, 3600, 300, level == 1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    areas = [
        Area("410000000000", "河州市", "city", ""),
        Area("410101000000", "东县", "county", "410000000000"),
        Area("410101001000", "桥头镇", "township", "410101000000"),
    ]
    for n in range(1, 21):
        village = f"410101001{n:03d}"
        areas.append(Area(village, f"柳{n}村", "village", "410101001000", 113.5, 34.5))
        names = (f"建设{n}路", f"幸福里{n}期")
        areas.append(Area(f"{village}001", f"{n}网格", "grid", village, 113.5 + n / 100, 34.5, names, 100 * n))
    items = [
        item("41001", "供水管网破裂、漏水", "12345", 2), item("33001", "暴露垃圾", "grid", 4, self_handle=True),
        item("47001", "交通事故", "110", 1), item("31001", "洪涝、人员被困", "110", 1),
        item("55005", "其他", "grid", 4),
    ]  # fmt: skip
    codes = {"hotline": {"H1": "41001"}, "police": {"301201": "47001", "800100": "31001"}, "grid": {"G1": "33001"}}
    catalogue = Catalogue("1", {i.code: i for i in items}, codes)
    return City(
        name="河州市", code="410000000000", version="1", bounds=(113.0, 34.0, 114.0, 35.0),
        areas={a.code: a for a in areas}, units={}, catalogue=catalogue, rules=(),
        calendar=Calendar(frozenset(), frozenset()), workers={"w1": "410101001001001"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(FileSource())


def day(city: City, profile: Profile, records: int, seed: int = 7, start_ms: int = START_MS) -> list[Fed]:
    return list(islice(Simulator(city, seed, start_ms, profile, 100.0), records))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_others(city: City, codec: Codec) -> None:
    first, second = (b"".join(value_of(fed, codec) for fed in day(city, CALM, 500)) for _ in range(2))
    assert first == second
    assert first != b"".join(value_of(fed, codec) for fed in day(city, CALM, 500, seed=8))


def test_records_come_in_time_order_and_at_the_rate(city: City) -> None:
    fed = day(city, CALM, 5000)
    assert all(one.due_ms <= other.due_ms for one, other in pairwise(fed))
    assert fed[0].due_ms >= START_MS
    assert 5000 / ((fed[-1].due_ms - START_MS) / 1000) == pytest.approx(100.0, rel=0.1)


def test_numbers_are_unique_but_for_redeliveries_and_never_shared_by_two_starts(city: City) -> None:
    fed = day(city, CALM, 4000)
    numbers = Counter(one.key for one in fed if not one.again)
    assert max(numbers.values()) == 1
    assert numbers.keys().isdisjoint({one.key for one in day(city, CALM, 4000, start_ms=START_MS + 1)})


def test_a_calm_day_has_all_feeds_and_the_published_share_of_recurring_reports(city: City) -> None:
    reports = [one for one in day(city, CALM, 20000) if one.matter and not one.again]
    matters = {one.matter for one in reports}
    assert 1 - len(matters) / len(reports) == pytest.approx(0.29, abs=0.03)
    topics = Counter(one.topic for one in reports)
    assert set(topics) == {"hotline.calls", "police.alerts", "grid.reports"}
    assert min(topics.values()) > 0.15 * len(reports)


def test_a_storm_has_large_matters_told_over_several_nets(city: City) -> None:
    told: dict[int, set[str]] = {}
    counts: Counter[int] = Counter()
    for one in day(city, STORM, 20000):
        if one.matter:
            counts[one.matter] += 1
            told.setdefault(one.matter, set()).add(one.topic)
    largest = [matter for matter, count in counts.most_common(10)]
    assert counts[largest[0]] > 100
    assert all(len(told[matter]) == 3 for matter in largest)


def test_redeliveries_are_the_very_same_record(city: City) -> None:
    fed = day(city, CALM, 20000)
    seen = {one.key: (one.topic, one.record) for one in fed if not one.again}
    again = [one for one in fed if one.again]
    assert 20 < len(again) < 200
    assert all(seen[one.key] == (one.topic, one.record) for one in again)


def test_sound_records_can_be_read_and_spoiled_bytes_cannot(city: City, codec: Codec) -> None:
    names = {"hotline.calls": "HotlineCall", "police.alerts": "PoliceAlert", "grid.reports": "GridReport",
             "grid.allclears": "AllClear"}  # fmt: skip
    ways: Counter[str] = Counter()
    for one in day(city, CALM, 20000):
        value = value_of(one, codec)
        if one.spoiled in ("truncated", "random", "foreign"):
            with pytest.raises(RefusedError):
                codec.decode(names[one.topic], value)
        else:
            assert codec.decode(names[one.topic], value)["number"] == one.record["number"]
        ways[one.spoiled] += 1
    assert 5 < 20000 - ways[""] < 100
    assert len(ways) > 4


def test_texts_are_of_the_published_kind_of_length_and_hold_private_numbers_to_scrub(city: City) -> None:
    texts = [str(one.record["detail"]) for one in day(city, CALM, 20000) if "detail" in one.record]
    lengths = sorted(map(len, texts))
    assert 60 <= lengths[len(lengths) // 2] <= 110
    assert lengths[-1] > 600
    assert any("１９９００" in text for text in texts)


def test_tellings_of_one_matter_differ_in_words_and_stay_close(city: City) -> None:
    by_matter: dict[int, list[Fed]] = {}
    for one in day(city, STORM, 5000):
        if one.topic == "police.alerts" and not one.spoiled and one.record["scene_lon"]:
            by_matter.setdefault(one.matter, []).append(one)
    told = max(by_matter.values(), key=len)
    assert len({one.record["text"] for one in told}) > len(told) / 2
    lons, lats = ([float(str(one.record[name])) for one in told] for name in ("scene_lon", "scene_lat"))
    assert max(lons) - min(lons) < 0.003
    assert max(lats) - min(lats) < 0.003


def test_later_alarms_name_an_earlier_one_as_their_parent(city: City) -> None:
    fed = [one for one in day(city, STORM, 5000) if one.topic == "police.alerts" and not one.again]
    numbers = {str(one.record["number"]) for one in fed}
    parents = {str(one.record["parent_number"]) for one in fed if one.record.get("parent_number")}
    assert parents
    assert parents <= numbers


def test_an_unknown_profile_is_named_with_those_that_exist() -> None:
    with pytest.raises(SanwangError, match=r"'windy'.*calm, storm"):
        profile_named("windy")


def test_in_the_evening_every_second_grid_of_three_townships_sends_no_all_clear(demo_city: City) -> None:
    grids = {code for code, area in demo_city.areas.items() if area.level == "grid"}
    simulator = Simulator(demo_city, 5, 1_730_450_000_000, profile_named("evening"), 5_000.0)
    told = islice((fed for fed in simulator if fed.topic == "grid.allclears"), len(grids))
    absent = grids - {str(fed.record["grid_code"]) for fed in told}
    townships = {grid[:9] for grid in absent}
    assert len(townships) == 3
    for township in townships:
        there = [grid for grid in grids if grid[:9] == township]
        assert len(there) // 2 - 1 <= sum(grid[:9] == township for grid in absent) <= len(there) // 2 + 1
