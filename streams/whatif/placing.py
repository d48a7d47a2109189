"""Places of two cities with the same areas: what one door has just placed, the other need not place again."""

from __future__ import annotations

from streams.core.event import Place
from streams.core.places import Places

_Asked = tuple[str, float | None, float | None, str]


class LatestPlaces(Places):
    """Places that keep their latest answer."""

    _latest: tuple[_Asked, Place] | None = None

    def locate(self, code: str, lon: float | None, lat: float | None, address: str) -> Place:
        """See `Places.locate`."""
        asked = (code, lon, lat, address)
        if self._latest and self._latest[0] == asked:
            return self._latest[1]
        place = super().locate(*asked)
        self._latest = asked, place
        return place
