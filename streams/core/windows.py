"""The windows of open incidents that are kept equally long, in the order in which they began."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from streams.core.decision import Incident


class Windows:
    """An incident that is touched again stands twice; its older place is passed over when its turn comes.

    Two rows side by side in place of one of pairs: a million pairs would take 50 MB.
    """

    def __init__(self) -> None:
        self._begun: deque[int] = deque()  # ms UTC
        self._incidents: deque[Incident] = deque()

    def begin(self, incident: Incident) -> None:
        """Begin a window at the time when the incident was last touched, which is never before that of another."""
        self._begun.append(incident.touched)
        self._incidents.append(incident)

    def begun_before(self, oldest: int) -> Iterator[Incident]:
        """Take out those that began before `oldest` (ms UTC); tell whose window has not begun anew since.

        One that began twice within a millisecond is told twice.
        """
        while self._begun and self._begun[0] < oldest:
            begun, incident = self._begun.popleft(), self._incidents.popleft()
            if incident.touched == begun:
                yield incident
