"""What is sent: days of different kinds, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from streams.errors import SanwangError
from streams.flow.topics import POLICE_ALERTS
from streams.intake.simulator import Profile
from streams.intake.simulator.profile import CALM, STORM

#: Evening, when the grid workers say that nothing happened; a few reports come in beside them.
ALL_CLEAR_HOUR = Profile("all-clear hour", 0.95, 0.26, 0.38, 0.22, 0.46, 0, 0.0, (0, 0))
#: Nothing but all-clears.
ALL_CLEARS = Profile("all-clears", 1.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, (0, 0))
#: One matter that thousands report: a power cut of a whole district.
HOT_SPOT = Profile(
    "hot spot", 0.05, 0.40, 0.40, 0.2, 0.4, 1, 0.90, (5_000, 20_000),
    MappingProxyType({"31": 50.0, "42001": 50.0}),
)  # fmt: skip
#: 110 alone.
POLICE = Profile("police", 0.0, 0.0, 1.0, 0.0, 0.0, 0, 0.0, (0, 0))

PROFILES: Mapping[str, Profile] = {p.name: p for p in (CALM, STORM, ALL_CLEAR_HOUR, ALL_CLEARS, HOT_SPOT, POLICE)}
#: Profiles of which one topic is kept: matters are told again over other nets too.
ONLY: Mapping[str, str] = {POLICE.name: POLICE_ALERTS}


def profile_of(name: str) -> Profile:
    """The profile of that name; raises SanwangError naming those that exist."""
    if name not in PROFILES:
        raise SanwangError(f"there is no scenario {name!r}; there are {', '.join(PROFILES)}")
    return PROFILES[name]
