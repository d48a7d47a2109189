"""Same incident? Evidence for two reports being about one matter, counted in points.

Windows and distances are the catalogue's, per item (a traffic accident: 300 m and half an hour; rubbish: 50 m and a
day). Merging two different emergencies is the worst fault, so kinds must be kin, times inside the window and places
compatible before any text is compared, and a merge across 110 and 12345 needs one point more.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, hypot, radians

from msgspec import Struct

from streams.core.area import level_of, significant
from streams.core.catalogue import OTHER, Item
from streams.core.decision import Incident
from streams.core.event import Event
from streams.core.wording import TEXT_CHARS, Wording, Wordings, pairs_of, share, without_punctuation

FEED_BIT = {"hotline": 1, "police": 2, "grid": 4}
LONG_WINDOW_S = 4 * 3600  # beyond this, time says little and text must say more
METRES_PER_DEGREE = 111_320.0
_LEAST_REACH_M = 30  # what two coordinates of one place may differ by
LASTING_S = 7 * 86_400  # reports without a place, told in the same words, may be so far apart whatever their item

# Points for the wording of two reports whose place is no closer than a township; see docs/decisions.md.
_PAIRS, _COPIED, _ECHOED, _NAME, _KIN, _TROUBLE = 1.2, 2.4, 3.5, 0.5, 1.2, 0.4
_NAMES = 6  # shared pairs of names that count at most
_WORDS_NEEDED = 5.0
_SAME_WORDS = 0.7  # of either title in the other text: what is left are names
_LEAST_OF_KIN, _LEAST_OF_STRANGERS = (0.7, 2), (0.3, 4)  # share copied or shared names, without which points are void
_MOST_FOR_TEXT = 3  # points
_PAIRS_OF_A_NAME = 2  # in both texts: one more point where that decides

_REMEMBERED = 2048  # texts, about 6 KB each: in a storm the same few incidents are compared again and again


#: One piece of evidence: a form of words, and what is to be put into it.
Fact = tuple[str, *tuple[str | float, ...]]
_NOWHERE: Fact = ("",)


class Match(Struct, frozen=True, gc=False):
    """How well an event fits an incident: points against the points needed, and the evidence."""

    points: float
    needed: float
    facts: tuple[Fact, ...]

    @property
    def same(self) -> bool:
        """Whether the evidence suffices."""
        return self.points >= self.needed

    @property
    def reasons(self) -> tuple[str, ...]:
        """The evidence in words; made when asked for, since of many comparisons one at most is told of."""
        return tuple([form.format(*values) for form, *values in self.facts])


def compare(
    event: Event, item: Item, incident: Incident, shingles: frozenset[int], wordings: Wordings,
    beaten: float | None = None,
) -> Match | None:
    """Weigh the evidence; None when time, kind or place rule it out.

    `item` is the event's catalogue item and `shingles` are `shingles_of(event.text)`, made once by the caller;
    `wordings` are the city's. With `beaten` only a match is told that suffices and has more points than that: no text
    is looked at that could not bring them.
    """
    apart_s = abs(event.occurred_at - incident.last_at) // 1000
    place, where = _place_points(event, incident, item.distance_m)
    if place is None:
        return None
    if place == 0:
        match = _by_words(event, item, incident, where, apart_s, wordings)
        return match if beaten is None or (match and match.same and match.points > beaten) else None
    if apart_s > item.window_s or event.item[:2] != incident.item[:2]:
        return None
    same_item = event.item == incident.item and event.item != OTHER
    crosses = _crosses_lines(event, incident)
    points = place + (2 if same_item else 1)
    needed = (4 if item.window_s <= LONG_WINDOW_S else 6) + crosses
    if beaten is not None and not _may_win(points, needed, beaten, crosses=crosses):
        return None
    others = shingles_of(incident.text)
    common = shingles & others
    text, shared = _text_points(len(common), min(len(shingles), len(others)))
    points += text
    if points == needed - 1 and (text == 0 or not crosses):
        points += _share_a_name(event.text, incident.text, common, wordings)
    if beaten is not None and (points < needed or points <= beaten):
        return None
    kind: Fact = ("same item {}", event.item) if same_item else ("same class {}", event.item[:2])
    apart: Fact = ("{} min of {} min", apart_s // 60, item.window_s // 60)
    return Match(points, needed, (kind, where, apart, ("text {:.2f}", shared)))


def _may_win(points: int, needed: int, beaten: float, *, crosses: bool) -> bool:
    """Could texts, and a name where it decides, bring what is needed and more than `beaten`?"""
    most = points + _MOST_FOR_TEXT
    return most + (not crosses) >= needed and max(most, needed) > beaten


def _share_a_name(one: str, other: str, common: frozenset[int], wordings: Wordings) -> bool:
    """Too few words in common, but a name: asked only where it decides. A name's pairs are among the `common` ones."""
    named = common & wordings.names_of(one)
    return len(named) >= _PAIRS_OF_A_NAME and len(named & wordings.names_of(other)) >= _PAIRS_OF_A_NAME


def _by_words(
    event: Event, item: Item, incident: Incident, where: Fact, apart_s: int, wordings: Wordings
) -> Match | None:
    """Nobody knows the place: both must name the same thing. Emergencies are never merged by words alone."""
    if apart_s > max(item.window_s, LASTING_S) or event.life_safety or incident.life_safety:
        return None
    one, other = wordings.of(event.text), wordings.of(incident.text)
    names, copied = len(one.names & other.names), share(one.fours, other.fours)
    kin = event.item[:2] == incident.item[:2]
    least_copied, least_names = _LEAST_OF_KIN if kin else _LEAST_OF_STRANGERS
    if copied < least_copied and names < least_names:
        return None
    troubles = one.troubles & other.troubles
    if one.troubles and other.troubles and not troubles:
        return None  # two troubles of one name
    if _are_two_names(one, other, places_cut=wordings.cuts_places):
        return None
    echoed = max(share(one.head, other.pairs), share(other.head, one.pairs))
    points = _PAIRS * share(one.pairs, other.pairs) + _COPIED * copied + _ECHOED * echoed
    points += _NAME * min(names, _NAMES) + _KIN * kin + _TROUBLE * bool(troubles)
    needed = _WORDS_NEEDED + _crosses_lines(event, incident) + (not wordings.cuts_places)
    kind: Fact = ("same class {}", event.item[:2]) if kin else ("classes {}, {}", event.item[:2], incident.item[:2])
    apart: Fact = (where[0] + ", {} min", *where[1:], apart_s // 60)
    words: tuple[Fact, ...] = ("{} pairs of names", names), ("copied {:.2f}", copied), ("title echoed {:.2f}", echoed)
    return Match(points, needed, (kind, apart, *words))


def _are_two_names(one: Wording, other: Wording, *, places_cut: bool) -> bool:
    """Do the texts say much the same about two things? Then their first names differ, or at least begin differently."""
    if not one.subject or not other.subject:
        return False
    if not (one.subject & other.pairs or other.subject & one.pairs):
        return True
    if not places_cut or one.lead in other.pairs or other.lead in one.pairs:
        return False  # with a county's name uncut, a name begins with it in one text and not in the other
    return min(share(one.head, other.pairs), share(other.head, one.pairs)) >= _SAME_WORDS


def _crosses_lines(event: Event, incident: Incident) -> bool:
    """Is one side known to 110 only and the other to 12345 only? (the grid is heard by both)"""
    both = FEED_BIT[event.feed] | incident.feeds
    return both & 3 == 3 and incident.feeds & FEED_BIT[event.feed] == 0


def _place_points(event: Event, incident: Incident, distance_m: int) -> tuple[int | None, Fact]:
    """0 to 3 points for nearness; None when the places are certainly different."""
    if event.lon is not None and event.lat is not None and incident.lon is not None and incident.lat is not None:
        metres = distance(event.lon, event.lat, incident.lon, incident.lat)
        if metres > reach_m(distance_m):
            return None, _NOWHERE
        points = 3 if metres <= max(distance_m / 4, _LEAST_REACH_M) else 2
        return points, ("{:.0f} m of {} m", metres, distance_m)
    common = common_area(event.area, incident.area)
    if common is None:
        return None, _NOWHERE
    level = level_of(common)
    if level in ("grid", "micro"):
        return 2, ("same grid {}", common)
    return (1 if level == "village" else 0), ("same {} {}", level, common)


def reach_m(distance_m: int) -> int:
    """Metres beyond which two places with coordinates are surely different, for an item's distance."""
    return max(distance_m, _LEAST_REACH_M)


def common_area(one: str, other: str) -> str | None:
    """The wider of two areas if it holds the other, else None (two different places)."""
    wide, deep = (one, other) if len(one.rstrip("0")) <= len(other.rstrip("0")) else (other, one)
    return wide if deep.startswith(significant(wide)) else None


def distance(lon: float, lat: float, lon2: float, lat2: float) -> float:
    """Metres between two points; the flat approximation is good to 0.1 % over the few kilometres that matter here."""
    east = (lon2 - lon) * cos(radians(lat)) * METRES_PER_DEGREE
    return hypot(east, (lat2 - lat) * METRES_PER_DEGREE)


@lru_cache(maxsize=_REMEMBERED)
def shingles_of(text: str) -> frozenset[int]:
    """Pairs of neighbouring characters of the beginning of a text, without punctuation."""
    return frozenset(pairs_of(without_punctuation(text[:TEXT_CHARS])))


def _text_points(common: int, shorter: int) -> tuple[int, float]:
    """0 to 3 points for the share of the shorter text's pairs that both have; texts under 6 pairs say nothing."""
    if shorter < 6:
        return 0, 0.0
    share = common / shorter
    if share >= 0.6:
        return _MOST_FOR_TEXT, share
    if share >= 0.4:
        return 2, share
    return (1 if share >= 0.25 else 0), share
