"""Two cities that differ in one item look for most incidents once, and say what two that know nothing of it say."""

from collections.abc import Iterator
from random import Random

import pytest
from msgspec.structs import replace

from streams.city.city import City
from streams.core.accept import Envelope
from streams.core.area import Area
from streams.core.catalogue import Item
from streams.core.event import FEEDS, Event, Report
from streams.core.opinion import Classes
from streams.core.triage import Desk
from streams.learning.model_file import save_model
from streams.learning.train import train
from streams.whatif.asked import Asked
from streams.whatif.kept import Kept
from streams.whatif.pair import AFTER, BEFORE
from tests.support.history import ITEM_OF, MATTERS, reports
from tests.support.town import MINUTE, NOON
from tests.support.tried import (
    BUILDING_NOISE,
    FIRE,
    JAM,
    NOISE,
    OF_ONE,
    RUBBISH,
    VILLAGE,
    WATER,
    alone,
    one_item,
    together,
    told_by,
)

TEXTS = [*(text for texts in MATTERS.values() for text in texts), "浓烟滚滚有明火", "说不清楚"]
ROAD_SIGN, FOUL_WATER = "47006", "41003"
CODES = (WATER, RUBBISH, NOISE, BUILDING_NOISE, JAM, FIRE)
REPORTS, BATCH = 500, 50


@pytest.fixture(autouse=True)
def _nothing_is_kept_longer_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.whatif.kept.FEW", 0)
    monkeypatch.setattr(Kept, "_most", 0)


@pytest.mark.parametrize("change", OF_ONE)
@pytest.mark.parametrize("seed", range(3))
def test_a_pair_says_what_two_sides_alone_say_where_reports_crowd(example_city: City, change: str, seed: int) -> None:
    tried = OF_ONE[change](example_city)
    history = list(crowd(example_city, Random(seed)))
    batches = [history[n : n + BATCH] for n in range(0, len(history), BATCH)]
    before, after = alone(example_city, batches), alone(tried, batches)
    assert before != after
    assert {told.outcome for told in before} == {"new", "linked", "redelivered"}
    said = together(example_city, tried, batches)
    assert [told for batch in said for told in told_by(BEFORE, batch)] == before
    assert [told for batch in said for told in told_by(AFTER, batch)] == after


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Classes:
    """A model that both sides ask."""
    file = tmp_path_factory.mktemp("model") / "m.zip"
    save_model(train(*reports()), file)
    return Classes("model", str(file), labels=ITEM_OF)


@pytest.mark.parametrize("change", ["danger", "a level", "a window"])
@pytest.mark.parametrize("threshold", [None, 0.99])
def test_a_pair_with_a_model_says_what_two_sides_alone_say(
    example_city: City, classes: Classes, change: str, threshold: float | None
) -> None:
    learned = replace(example_city, classes=classes)
    tried = replace(OF_ONE[change](learned), classes=replace(classes, threshold=threshold))
    batches = [list(crowd(example_city, Random(0)))]
    before, after = alone(learned, batches), alone(tried, batches)
    assert "model" in {told.by for told in before}
    assert before != after
    [said] = together(learned, tried, batches)
    assert told_by(BEFORE, said) == before
    assert told_by(AFTER, said) == after


@pytest.mark.parametrize(
    ("first", "second", "window_s", "before", "after"),
    [(NOISE, BUILDING_NOISE, 900, "linked", "new"), (JAM, ROAD_SIGN, 7 * 86_400, "new", "linked")],
)
def test_an_incident_that_one_side_has_forgotten_is_found_by_the_other(
    example_city: City, first: str, second: str, window_s: int, before: str, after: str
) -> None:
    grid = next(area for area in example_city.areas.values() if area.level == "grid")
    asked = [
        Asked(
            Report("grid", item, at, codes=(item,), text="夜里路口一片混乱吵得睡不着", area=grid.code),
            Envelope(0, n, at, replayed=False),
        )
        for n, (item, at) in enumerate(((first, NOON), (second, NOON + 300 * MINUTE)))
    ]
    [said] = together(example_city, one_item(example_city, first, window_s=window_s), [asked])
    assert [told.outcome for told in told_by(BEFORE, said)] == ["new", before]
    assert [told.outcome for told in told_by(AFTER, said)] == ["new", after]


def test_units_of_an_incident_are_remembered_after_the_first_side_has_forgotten_it(example_city: City) -> None:
    """A report of foul water ten hours after one of no water makes it more urgent where it is still open."""
    grids = [area.code for area in example_city.areas.values() if area.level == "grid"]
    told = ((WATER, 0, 0), *((RUBBISH, n, 540) for n in range(1, 5)), (FOUL_WATER, 0, 600))  # item, grid and minute
    batches = []
    for number, (item, grid, minute) in enumerate(told):
        at = NOON + minute * MINUTE
        report = Report("grid", str(number), at, codes=(item,), text="自来水断断续续用不上水", area=grids[grid])
        batches.append([Asked(report, Envelope(0, number, at, replayed=False))])
    tried = one_item(example_city, WATER, window_s=7 * 86_400)
    after = alone(tried, batches)
    assert after[-1].outcome == "linked"
    assert after[-1].ordered
    assert not set(after[-1].first_orders) & set(after[0].first_orders)
    assert [told for batch in together(example_city, tried, batches) for told in told_by(AFTER, batch)] == after


@pytest.mark.parametrize(("change", "most"), [("a window", 0.3), ("words", 0.3)])
def test_an_incident_is_looked_for_once_where_both_surely_find_the_same(
    example_city: City, change: str, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    find = Desk._find

    def counted(desk: Desk, event: Event, item: Item) -> object:
        looked.append(event.event_id)
        return find(desk, event, item)

    monkeypatch.setattr(Desk, "_find", counted)
    together(example_city, OF_ONE[change](example_city), [list(crowd(example_city, Random(0)))])
    assert len(set(looked)) < len(looked) < (1 + most) * len(set(looked))


def crowd(city: City, random: Random) -> Iterator[Asked]:
    """Reports of a few days from a few places, of which some are told twice, come late, or name another one."""
    grids = [area for area in city.areas.values() if area.level == "grid"]
    places = [*random.sample(grids, 5), None]
    at, told = NOON, []
    for n in range(REPORTS):
        at += random.randrange(20 * MINUTE)
        report = Report(random.choice(FEEDS), str(n), at - random.randrange(90 * MINUTE), text=random.choice(TEXTS))
        report = _somewhere(report, random.choice(places), random)
        if random.random() < 0.4:
            report = replace(report, codes=(random.choice(CODES),))
        elif random.random() < 0.2:
            report = replace(report, labels=(random.choice(("噪声扰民", "噪声污染", "社会生活噪声")),))
        if told and random.random() < 0.1:
            other = random.choice(told)
            known_as = random.choice(("parent", "number"))
            report = replace(report, feed=other.feed, **{known_as: other.number})
        told.append(report)
        yield Asked(report, Envelope(0, n, at, replayed=False))


def _somewhere(report: Report, grid: Area | None, random: Random) -> Report:
    """At a place in a grid, at the grid, its township or county; or at a village that is told by its name."""
    if grid is None:
        return replace(report, address=random.choice(("", VILLAGE)))
    area = random.choice((grid.code, grid.code, grid.code[:9].ljust(12, "0"), grid.code[:6].ljust(12, "0")))
    if grid.lon is None or grid.lat is None or random.random() < 0.5:
        return replace(report, area=area)
    return replace(
        report, area=area, lon=grid.lon + random.uniform(-2e-3, 2e-3), lat=grid.lat + random.uniform(-2e-3, 2e-3)
    )
