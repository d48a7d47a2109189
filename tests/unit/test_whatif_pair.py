"""What both sides of a what-if have in common is done once, and nobody can tell from the answer."""

import msgspec
import pytest
from msgspec.structs import replace

from streams.city.city import City
from streams.core.accept import Envelope
from streams.core.event import Report
from streams.whatif.alike import Hearing, moved_items
from streams.whatif.asked import Asked
from streams.whatif.compare import Comparison, Difference, Sums
from streams.whatif.pair import AFTER, BEFORE, Pair
from streams.whatif.share import Piece, Share, share_of, unpacked
from tests.support.history import MATTERS
from tests.support.town import MINUTE, NOON
from tests.support.tried import CHANGES, KEY, PARTITIONS, VILLAGE, alone, together, told_by

BATCH, SHARES = 25, 2
READ = msgspec.msgpack.Decoder(Asked).decode
TEXTS = [text for texts in MATTERS.values() for text in texts]


@pytest.fixture(scope="module")
def batches(example_city: City) -> list[list[Asked]]:
    """Reports of every kind of matter, each told twice, in grids and nowhere, which are two partitions; two refused."""
    grids = [area for area in example_city.areas.values() if area.level == "grid"]
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


@pytest.mark.parametrize("change", CHANGES)
def test_a_pair_says_what_two_sides_alone_say(example_city: City, batches: list[list[Asked]], change: str) -> None:
    make, heard, matched = CHANGES[change]
    tried = make(example_city)
    alike = Hearing(example_city, tried).alike
    assert (alike, alike and not moved_items(example_city, tried)) == (heard, matched)
    before, after = alone(example_city, batches), alone(tried, batches)
    assert before != after
    assert {told.outcome for told in before} == {"new", "linked", "refused"}
    said = together(example_city, tried, batches)
    assert [told for batch in said for told in told_by(BEFORE, batch)] == before
    assert [told for batch in said for told in told_by(AFTER, batch)] == after


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("likely", [True, False])
def test_shares_find_what_one_pair_finds(
    example_city: City, batches: list[list[Asked]], change: str, *, likely: bool
) -> None:
    tried = CHANGES[change][0](example_city)
    one = Comparison()
    found = [one.add(said) for said in together(example_city, tried, batches)]
    assert (bool(one.sums.kinds), sum(map(len, found))) == (True, one.sums.kinds.total())
    *said, across = shared(example_city, tried, batches, likely=likely)
    assert said == [found, one.sums]
    assert bool(across) is (change == "a name")  # what stays in its county is one share's for both sides


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
