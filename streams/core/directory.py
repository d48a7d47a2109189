"""The units of a city, to be found by sector and territory (主管 and 属地)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streams.core.sectors import COMMAND, base, canonical, steps
from streams.core.unit import Unit
from streams.errors import SanwangError

_Search = tuple[tuple[dict[str, Unit], ...], ...]


class Directory:
    """Finds the unit that answers for a sector at a place. Where two are equal, the lower unit code is taken."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._named: dict[str, dict[str, Unit]] = {}  # by sector or kind, then by territory
        self._branches: dict[str, list[str]] = {}
        self._searches: dict[str, _Search] = {}
        self._territories: set[str] = set()
        for unit in sorted(units, key=lambda unit: unit.code):
            sector = canonical(unit.sector)
            self._territories.update(unit.territories)
            for name in (sector, unit.kind):
                for territory in unit.territories:
                    self._named.setdefault(name, {}).setdefault(territory, unit)
            if base(sector) != sector:
                self._branches.setdefault(base(sector), []).append(sector)

    def find(self, sector: str, areas: Sequence[str]) -> Unit | None:
        """The deepest unit of a sector that covers the place; `areas` are the codes above it, deepest first."""
        for group in self._search(sector):
            for area in areas:
                for units in group:
                    if unit := units.get(area):
                        return unit
        return None

    def has(self, area: str) -> bool:
        """Is the area, by itself, the territory of any unit."""
        return area in self._territories

    def knows(self, sector: str) -> bool:
        """Is there any unit in the city that could take this sector."""
        return any(self._search(sector))

    def _search(self, sector: str) -> _Search:
        """The units to look through for a sector, by territory, group by group; worked out once for each sector."""
        search = self._searches.get(sector)
        if search is None:
            groups = (*steps(sector), tuple(sorted(set(self._branches.get(canonical(sector), ())))))
            found = (tuple(self._named[name] for name in group if name in self._named) for group in groups)
            search = self._searches[sector] = tuple(group for group in found if group)
        return search

    def command(self, areas: Sequence[str]) -> Unit:
        """The command centre (社会治理指挥中心) of the county, else of the city: the end of every ladder.

        Raises SanwangError if the city has none.
        """
        unit = self.find(COMMAND, areas)
        if unit is None:
            raise SanwangError(f"no unit of kind command covers {areas[-1]}: a matter could be left without an owner")
        return unit
