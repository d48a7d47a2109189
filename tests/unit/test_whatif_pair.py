"""What both sides of a what-if have in common is done once, and nobody can tell from the answer."""

from collections.abc import Callable, Iterable

import msgspec
import pytest
from msgspec.structs import replace

from streams.city.city import City
from streams.city.example import new_city
from streams.city.load import load_city
from streams.core.accept import Envelope
from streams.core.area import Area
from streams.core.catalogue import Item
from streams.core.event import Report
from streams.core.rules import Rule
from streams.core.unit import Unit
from streams.whatif.alike import heard_alike, matched_alike
from streams.whatif.asked import Asked
from streams.whatif.compare import Comparison, Difference, Sums
from streams.whatif.pair import AFTER, BEFORE, Pair, Said
from streams.whatif.share import Piece, Share, share_of, unpacked
from streams.whatif.side import Side, Told
from tests.support.history import MATTERS
from tests.support.town import NOON

MINUTE, PARTITIONS, BATCH, SHARES = 60_000, 4, 25, 2
KEY = bytes(16)
VILLAGE = "荷塘村"
READ = msgspec.msgpack.Decoder(Asked).decode
TEXTS = [text for texts in MATTERS.values() for text in texts]


def other_items(city: City, change: Callable[[Item], Item]) -> City:
    items = {code: change(item) for code, item in city.catalogue.items.items()}
    return replace(city, catalogue=replace(city.catalogue, items=items))


def shorter(item: Item) -> Item:
    return replace(item, limit=f"1{item.limit.lstrip('0123456789')}")


def without_words(item: Item) -> Item:
    return replace(item, words=()) if item.code == "41002" else item


def settled_by_the_grid(item: Item) -> Item:
    return replace(item, self_handle=not item.self_handle)


def renamed(city: City, name: str) -> dict[str, Area]:
    """Areas of which one is called otherwise: who tells its name is somewhere in the city."""
    return {code: replace(area, name="新村") if area.name == name else area for code, area in city.areas.items()}


def without_kind(city: City, kind: str) -> dict[str, Unit]:
    return {code: unit for code, unit in city.units.items() if unit.kind != kind}


NOISE_TO_CENTRE = Rule("噪声先到", "", 1, ({"item": frozenset({"44001", "44003"})},), unit="CMD")
GRID_TO_CENTRE = Rule("网格先到", "", 1, ({"feed": frozenset({"grid"})},), unit="CMD")

CHANGES: dict[str, tuple[Callable[[City], City], bool, bool]] = {  # what is tried, heard alike, matched alike
    "rules": (lambda city: replace(city, rules=()), True, True),
    "assists": (lambda city: replace(city, rules=tuple(replace(r, assist=()) for r in city.rules)), True, True),
    "a rule before all others": (lambda city: replace(city, rules=(NOISE_TO_CENTRE, *city.rules)), True, True),
    "a rule after all others": (lambda city: replace(city, rules=(*city.rules, GRID_TO_CENTRE)), True, True),
    "units": (lambda city: replace(city, units=without_kind(city, "government")), True, True),
    "working days": (lambda city: replace(city, calendar=replace(city.calendar, off=frozenset())), True, True),
    "settled on the spot": (lambda city: other_items(city, settled_by_the_grid), True, True),
    "limits": (lambda city: other_items(city, shorter), True, True),
    "windows": (lambda city: other_items(city, lambda item: replace(item, window_s=600)), True, False),
    "levels": (lambda city: other_items(city, lambda item: replace(item, level=1)), False, False),
    "words": (lambda city: other_items(city, without_words), False, False),
    "areas": (lambda city: replace(city, areas=dict(list(city.areas.items())[:-5])), False, False),
    "a name": (lambda city: replace(city, areas=renamed(city, VILLAGE)), False, False),
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city") / "example"
    new_city(folder)
    return load_city(folder)


@pytest.fixture(scope="module")
def batches(city: City) -> list[list[Asked]]:
    """Reports of every kind of matter, each told twice, in grids and nowhere, which are two partitions; two refused."""
    grids = [area for area in city.areas.values() if area.level == "grid"]
    asked = []
    for n in range(150):
        grid, at = grids[n // 2 * 7 % len(grids)], NOON + n * MINUTE
        report = Report(("hotline", "grid")[n % 2], str(n), at, text=TEXTS[n // 2 % len(TEXTS)])
        report = replace(report, self_handled=n % 4 == 1)
        if n % 3:
            report = replace(report, area=grid.code, lon=grid.lon, lat=grid.lat)
        elif n % 2:
            report = replace(report, address=VILLAGE)
        asked.append(Asked(report, Envelope(0, n, at, replayed=False)))
    for n in (40, 149):
        asked[n] = Asked(replace(asked[n].report, occurred_at=NOON * 2), asked[n].envelope)
    return [asked[n : n + BATCH] for n in range(0, len(asked), BATCH)]


def alone(city: City, batches: list[list[Asked]]) -> list[Told]:
    side = Side(city, PARTITIONS, KEY)
    heard = [one for batch in batches for one in side.opined([side.accept(asked) for asked in batch])]
    return [one if isinstance(one, Told) else side.told(one, side.decide(one)) for one in heard]


@pytest.mark.parametrize("change", CHANGES)
def test_a_pair_says_what_two_sides_alone_say(city: City, batches: list[list[Asked]], change: str) -> None:
    make, heard, matched = CHANGES[change]
    tried = make(city)
    assert (heard_alike(city, tried), matched_alike(city, tried)) == (heard, matched)
    before, after = alone(city, batches), alone(tried, batches)
    assert before != after
    assert {told.outcome for told in before} == {"new", "linked", "refused"}
    said = together(city, tried, batches)
    assert [told for batch in said for told in told_by(BEFORE, batch)] == before
    assert [told for batch in said for told in told_by(AFTER, batch)] == after


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("likely", [True, False])
def test_shares_find_what_one_pair_finds(
    city: City, batches: list[list[Asked]], change: str, *, likely: bool
) -> None:
    tried = CHANGES[change][0](city)
    one = Comparison()
    found = [one.add(said) for said in together(city, tried, batches)]
    assert (bool(one.sums.kinds), sum(map(len, found))) == (True, one.sums.kinds.total())
    *said, across = shared(city, tried, batches, likely=likely)
    assert said == [found, one.sums]
    assert bool(across) is (change == "a name")  # what stays in its county is one share's for both sides


def together(city: City, tried: City, batches: list[list[Asked]]) -> list[list[Said]]:
    pair, said = Pair(city, tried, PARTITIONS, KEY), []
    for batch in batches:
        lines, refused = pair.hear(range(len(batch)), batch)
        said.append([*pair.decide(lines), *refused])
    return said


def told_by(side: int, said: Iterable[Said]) -> list[Told]:
    return [one.told for one in sorted(said, key=lambda one: one.number) if one.sides & side]


def shared(
    city: City, tried: City, batches: list[list[Asked]], *, likely: bool
) -> tuple[list[list[Difference]], Sums, int]:
    """What shares say that hear two batches ahead, and on how many reports they had a side each.

    Who hears what is likely, or unlikely, to decide on it as well.
    """
    shares = [Share(Pair(city, tried, PARTITIONS, KEY), READ, n, PARTITIONS, SHARES) for n in range(SHARES)]
    across, found, heard = Comparison(), [], []
    for batch in [*batches, [], []]:
        heard.append([one.hear(piece_of(batch, n, likely=likely)) for n, one in enumerate(shares)])
        if len(heard) > 2:
            strays = zip(shares, zip(*heard.pop(0), strict=True), strict=True)
            answers = [unpacked(one.decide(packed)) for one, packed in strays]
            halves = [said for _, of_one_side in answers for said in of_one_side]
            all_found = [difference for differences, _ in answers for difference in differences] + across.add(halves)
            found.append(sorted(all_found, key=lambda difference: difference.number))
    assert not across.take_halves()
    return found, Sums.of([across.sums, *(one.sums() for one in shares)]), across.sums.reports


def piece_of(batch: list[Asked], share: int, *, likely: bool) -> Piece:
    packed = [(n, msgspec.msgpack.encode(asked)) for n, asked in enumerate(batch)]
    return [
        (n, told)
        for n, told in packed
        if (share_of(batch[n].report.area, PARTITIONS, SHARES) == share) is likely
    ]  # fmt: skip
