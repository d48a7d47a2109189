"""The units of a city, to be found by sector and territory (主管 and 属地)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streams.core.area import LEVELS, level_of
from streams.core.remember import remember
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
        self._depths: dict[str, int] = {}
        self._found: dict[tuple[str, str], Unit | None] = {}  # by sector and the deepest area that counts
        for unit in sorted(units, key=lambda unit: unit.code):
            sector = canonical(unit.sector)
            for name in (sector, unit.kind):
                for territory in unit.territories:
                    self._named.setdefault(name, {}).setdefault(territory, unit)
            if base(sector) != sector:
                self._branches.setdefault(base(sector), []).append(sector)

    def find(self, sector: str, areas: Sequence[str]) -> Unit | None:
        """The deepest unit of a sector that covers the place; `areas` are its area and all above, deepest first."""
        key = (sector, deepest(areas, self.depth(sector)))
        try:
            return self._found[key]
        except KeyError:
            return remember(self._found, key, self._look(sector, areas))

    def depth(self, sector: str) -> int:
        """The deepest level, by its place in `LEVELS`, with a unit for the sector: areas below make no difference."""
        known = self._depths.get(sector)
        if known is None:
            levels = {level_of(area) for group in self._search(sector) for units in group for area in units}
            known = self._depths[sector] = max(map(LEVELS.index, levels), default=0)
        return known

    def knows(self, sector: str) -> bool:
        """Is there any unit in the city that could take this sector."""
        return any(self._search(sector))

    def _look(self, sector: str, areas: Sequence[str]) -> Unit | None:
        for group in self._search(sector):
            for area in areas:
                for units in group:
                    if unit := units.get(area):
                        return unit
        return None

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


def deepest(areas: Sequence[str], depth: int) -> str:
    """Of an area and all above it, deepest first, the deepest that is not below the level at place `depth`."""
    return areas[-depth - 1] if depth < len(areas) else areas[0]
