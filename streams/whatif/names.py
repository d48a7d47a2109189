"""What codes are called on either side."""

from __future__ import annotations

from streams.city.city import City


class Names:
    """The names of the cities before and after; a code that both have is called as after."""

    def __init__(self, before: City, after: City) -> None:
        both = (before, after)
        self._items = {code: item.name for city in both for code, item in city.catalogue.items.items()}
        self._units = {code: unit.name for city in both for code, unit in city.units.items()}

    def item(self, code: str) -> str:
        """Name of an item, the code itself if nobody knows it."""
        return self._items.get(code, code)

    def unit(self, code: str) -> str:
        """Name of a unit, the code itself if nobody knows it."""
        return self._units.get(code, code)
