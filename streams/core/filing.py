"""Incidents by kind and place, in the order in which they were filed.

Most places have one incident of a kind, and a million must fit in memory: so one alone takes no list, and a place takes
no pair with its kind.
"""

from __future__ import annotations

from collections.abc import Sequence

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

    def newest(self, kind: str, place: Place, most: int) -> Sequence[Incident]:
        """Of a kind and place, newest first, at most so many."""
        places = self._kinds.get(kind)
        found = places.get(place) if places else None
        if isinstance(found, list):
            return found[: -most - 1 : -1]
        return () if found is None else (found,)
