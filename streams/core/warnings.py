"""Four-colour warnings (蓝黄橙红) on places, units and kinds of matter; never on persons.

How odd something is gives a colour; a warning follows the colour with hysteresis: up at once, down one colour at a time
and only after it was lower for `CALM_MS` without a break. So a number that dances around a threshold raises one
warning and cancels it once.
"""

from __future__ import annotations

from enum import IntEnum
from math import sqrt
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.core.baseline import Usual
from streams.core.deadline import HOUR, MINUTE

Subject = Literal["surge", "overdue", "recurrence", "absence", "silence"]
Change = Literal["raised", "changed", "cancelled"]


class Colour(IntEnum):
    """How serious, as the city's people say it; the number grows with it."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


CALM_MS = 2 * HOUR  # so long a colour has to be lower before the warning steps down
#: Surge: how many times a day chance alone would bring a count so odd, at most; and how many incidents at least.
_BY_CHANCE = ((Colour.RED, 1e-6, 10), (Colour.ORANGE, 1e-4, 7), (Colour.YELLOW, 1e-3, 5), (Colour.BLUE, 1e-2, 4))
LEAST_SURGE = _BY_CHANCE[-1][2]  # incidents
_TIMES_USUAL = 2.0  # a large place's tiny excess can be certain and still not worth a warning
#: Overdue, absent: share, as certain as the numbers allow. Recurring: incidents of one item at one place in 30 days.
_OVERDUE = ((Colour.RED, 0.50), (Colour.ORANGE, 0.35), (Colour.YELLOW, 0.20), (Colour.BLUE, 0.10))
_ABSENT = ((Colour.RED, 0.50), (Colour.ORANGE, 0.30), (Colour.YELLOW, 0.15), (Colour.BLUE, 0.05))
_RECURRING = ((Colour.RED, 12), (Colour.ORANGE, 8), (Colour.YELLOW, 5), (Colour.BLUE, 3))
#: Silent: how many times as long as it may be quiet.
_SILENT = ((Colour.RED, 4.0), (Colour.ORANGE, 2.0), (Colour.YELLOW, 1.0))
_Z = 1.645  # one-sided 95 %


class Sight(Struct, frozen=True, gc=False):
    """What was seen of one thing at one moment, and which colour that deserves."""

    subject: Subject
    place: str  # area or unit code
    kind: str  # item or class code; silence of a feed: its name; "" where it is not about a kind
    at: int  # ms UTC
    colour: Colour
    count: int
    expected: float  # usual number, or the number out of which `count` is a share
    odds: float = 0.0  # surge: times a day that chance alone brings this


class ColourWarning(Struct, frozen=True, gc=False):
    """A warning as it stands; told each time that `revision` counts up."""

    warning_id: str  # subject, place, kind and the moment of its raising: the same however often it is worked out
    revision: int
    change: Change
    colour: Colour  # of a cancelled one: the last it had
    sight: Sight  # that led to this change
    raised_at: int  # ms UTC
    lower_since: int | None = None  # ms UTC, since when the colour that it deserves is lower
    lower_colour: Colour = Colour.NONE  # the highest colour deserved since then


def follow(
    standing: ColourWarning | None, sight: Sight, calm_ms: int = CALM_MS
) -> tuple[ColourWarning | None, bool]:
    """The warning after a sight (None: there is none), and whether that is to be told. A cancelled one is told last.

    `calm_ms`: so long it has to deserve a lower colour before it steps down.
    """
    if standing is None or standing.change == "cancelled":
        if sight.colour == Colour.NONE:
            return None, False
        name = f"{sight.subject}:{sight.place}:{sight.kind}@{sight.at}"
        return ColourWarning(name, 1, "raised", sight.colour, sight, sight.at), True
    if sight.colour > standing.colour:
        return _changed(standing, sight, "changed", sight.colour), True
    if sight.colour == standing.colour:
        return replace(standing, lower_since=None, lower_colour=Colour.NONE), False
    since = sight.at if standing.lower_since is None else standing.lower_since
    highest: Colour = max(standing.lower_colour, sight.colour) if standing.lower_since is not None else sight.colour
    if sight.at - since < calm_ms:
        return replace(standing, lower_since=since, lower_colour=highest), False
    if highest == Colour.NONE:
        return _changed(standing, sight, "cancelled", standing.colour), True
    return _changed(standing, sight, "changed", highest), True


def surge(place: str, kind: str, at: int, count: int, usual: Usual, asked_a_day: float) -> Sight:
    """The sight of `count` incidents where `usual` is usual; `asked_a_day`: how often such a question is asked."""
    colour = Colour.NONE
    odds = float(asked_a_day)
    if count >= LEAST_SURGE and count >= _TIMES_USUAL * usual.mean:
        odds = usual.tail(count) * asked_a_day
        colour = next((c for c, chance, least in _BY_CHANCE if odds <= chance and count >= least), Colour.NONE)
    return Sight("surge", place, kind, at, colour, count, usual.mean, odds)


def overdue(unit: str, at: int, late: int, open_orders: int) -> Sight:
    """The sight of a unit's desk: `late` of its `open_orders` are past their due time."""
    share = certain_share(late, open_orders)
    colour = next((c for c, least in _OVERDUE if share >= least), Colour.NONE)
    return Sight("overdue", unit, "", at, colour, late, float(open_orders))


def absence(township: str, at: int, absent: int, grids: int) -> Sight:
    """The sight of a township at the cut-off: `absent` of its `grids` sent no all-clear."""
    share = certain_share(absent, grids)
    colour = next((c for c, least in _ABSENT if share >= least), Colour.NONE)
    return Sight("absence", township, "", at, colour, absent, float(grids))


def recurrence(place: str, item: str, at: int, incidents: int) -> Sight:
    """The sight of a place where the same item came up `incidents` times in 30 days."""
    colour = next((c for c, least in _RECURRING if incidents >= least), Colour.NONE)
    return Sight("recurrence", place, item, at, colour, incidents, 0.0)


def silence(place: str, feed: str, at: int, quiet_ms: int, allowed_ms: int) -> Sight:
    """The sight of a feed ("" for all of a place) from which nothing came for `quiet_ms`; counted in minutes."""
    times = quiet_ms / allowed_ms
    colour = next((c for c, least in _SILENT if times >= least), Colour.NONE)
    return Sight("silence", place, feed, at, colour, max(0, quiet_ms) // MINUTE, allowed_ms / MINUTE)


def certain_share(part: int, whole: int) -> float:
    """The share that `part` of `whole` shows at least, with 95 % certainty (Wilson's lower bound): of 1 of 1, 27 %."""
    if whole <= 0:
        return 0.0
    share, z2 = part / whole, _Z * _Z
    middle = share + z2 / (2 * whole)
    spread = _Z * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    return max(0.0, (middle - spread) / (1 + z2 / whole))


def _changed(standing: ColourWarning, sight: Sight, change: Change, colour: Colour) -> ColourWarning:
    return ColourWarning(
        standing.warning_id, standing.revision + 1, change, colour, sight, standing.raised_at
    )
