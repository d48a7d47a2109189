"""Incidents by kind and place, in the order in which they were filed.

Most places have one incident of a kind, and a million must fit in memory: so one alone takes no list, and a place takes
no pair with its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from streams.core.decision import Incident

Place = int | str  # a cell's number; an area's code, or an anchor of the text


class Filing:
    """The files of one partition."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[Place, Incident | list[Incident]]] = {}

    def add(self, kind: str, place: Place, incident: Incident) -> None:
        """File an incident as the newest of its kind and place."""
        places = self._kinds.setdefault(kind, {})
        found = places.get(place)
        if found is None:
            places[place] = incident
        elif isinstance(found, list):
            found.append(incident)
        else:
            places[place] = [found, incident]

    def remove(self, kind: str, place: Place, incident: Incident) -> None:
        """Take an incident out; it must be there."""
        places = self._kinds[kind]
        found = places[place]
        if isinstance(found, list) and len(found) > 1:
            found.remove(incident)
        else:
            del places[place]

    def latest(self, kind: str, place: Place, most: int) -> Sequence[Incident]:
        """The newest of a kind and place, oldest first, at most so many."""
        found = self._kinds.get(kind, {}).get(place)
        if isinstance(found, list):
            return found[-most:]
        return () if found is None else (found,)

    def newest(self, kind: str, places: Iterable[Place], most: int) -> Iterator[Incident]:
        """Of a kind, place by place, newest first, at most so many of each."""
        filed = self._kinds.get(kind, {})
        for place in places:
            found = filed.get(place)
            if isinstance(found, list):
                yield from islice(reversed(found), most)
            elif found is not None:
                yield found
