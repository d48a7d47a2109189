"""Units: who acts. A unit has a sector (the matters it owns) and a territory (the area it covers)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["department", "government", "police", "patrol", "mediation", "utility", "committee", "grid", "command"]


class Unit(Struct, frozen=True, gc=False):
    """One unit that can be given orders.

    `sector` is written as in the catalogue's lead and assisting columns (for example 城市管理局(环卫)); `territory` is
    the code of the area that it covers, with all below.
    """

    code: str
    name: str
    kind: Kind
    sector: str
    territory: str
    hours: str = "24h"  # "24h" or "work" (statutory working days, 09:00-12:00 and 13:30-17:30)
    parent: str = ""  # code of the unit above, "" for none
    lon: float | None = None
    lat: float | None = None
    channel: str = "12345"  # through which net it is given orders: 12345, 110 or grid
    also: tuple[str, ...] = ()  # further areas that it covers, for a unit whose territory is no single area
    endpoint: str = ""  # URL to which its orders are pushed, "" where it reads them from Kafka

    @property
    def territories(self) -> tuple[str, ...]:
        """All areas that it covers."""
        return (self.territory, *self.also)
