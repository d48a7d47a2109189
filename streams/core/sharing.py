"""Equal values of many incidents as one object: decoded ones are all separate, and a million must fit in memory."""

from __future__ import annotations

from sys import intern

from streams.core.decision import Incident


class Sharing:
    """Knows the values that were seen."""

    def __init__(self) -> None:
        self._assists: dict[tuple[str, ...], tuple[str, ...]] = {}

    def apply(self, incident: Incident) -> None:
        """Put known values in place of equal ones."""
        incident.item, incident.area = intern(incident.item), intern(incident.area)
        incident.lead, incident.rule = intern(incident.lead), intern(incident.rule)
        incident.assists = self._assists.setdefault(incident.assists, incident.assists)
        if incident.last_at == incident.first_at:
            incident.last_at = incident.first_at
        if incident.opened_at == incident.first_at:
            incident.opened_at = incident.first_at
        if incident.touched == incident.opened_at:
            incident.touched = incident.opened_at
