"""Profiles: what a simulated day is made of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from streams.errors import SanwangError


class Profile(Struct, frozen=True):
    """What a day is made of: shares and chances from 0 to 1."""

    name: str
    all_clears: float  # share of records that say that nothing happened
    hotline: float  # of matters: which net hears of it first; the rest is the grid's
    police: float
    retold: float  # chance that a matter is told again
    retold_more: float  # chance of yet another telling after each
    crowds: int  # large matters going on at the same time
    crowd: float  # share of records that tell of them
    crowd_size: tuple[int, int]  # tellings of one large matter, fewest and most
    surge: Mapping[str, float] = MappingProxyType({})  # item or class code -> how many times more often than usual
    absent: int = 0  # townships in which half of the grids send no all-clear


# 0.22 / (1 - 0.46) = 0.41 tellings after the first for every matter: 29 % of the reports are of a known matter, the
# published share of recurring matters.
CALM = Profile("calm", 0.30, 0.26, 0.38, 0.22, 0.46, 0, 0.0, (0, 0))

# Few large matters with dozens to hundreds of calls, and 20 to 50 times the usual number in the classes that a storm
# brings: the published range.
STORM = Profile(
    "storm", 0.10, 0.38, 0.42, 0.30, 0.55, 6, 0.35, (30, 400),
    MappingProxyType({"31": 50.0, "39003": 30.0, "39002": 20.0, "42001": 40.0, "23001": 20.0, "23003": 20.0,
                      "23004": 30.0, "27003": 20.0, "40003": 20.0, "38002": 20.0}),
)  # fmt: skip

# The hour before the cut-off: nearly all records are all-clears, and in some townships many grids send none.
EVENING = Profile("evening", 0.95, 0.26, 0.38, 0.22, 0.46, 0, 0.0, (0, 0), absent=3)

_PROFILES = {profile.name: profile for profile in (CALM, STORM, EVENING)}


def profile_named(name: str) -> Profile:
    """The profile of that name; raises SanwangError naming those that exist."""
    if name not in _PROFILES:
        raise SanwangError(f"there is no profile {name!r}; there are {', '.join(_PROFILES)}")
    return _PROFILES[name]
