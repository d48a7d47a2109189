"""The book of warnings: what stands, and what is to be told because of what was seen.

A sight that is not later than the latest told change of its warning is stale and changes nothing: whoever looks again
after a restart raises nothing in the past.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from streams.core.warnings import CALM_MS, Colour, ColourWarning, Sight, Subject, follow

Key = tuple[Subject, str, str]  # subject, place, kind


class WarningBook:
    """The warnings of one partition, the latest of each place and kind."""

    def __init__(self) -> None:
        self._latest: dict[Key, ColourWarning] = {}

    def restore(self, warning: ColourWarning) -> None:
        """Enter a warning that was told before; of two revisions the later one stays."""
        key = _key(warning.sight)
        known = self._latest.get(key)
        if known is None or (known.raised_at, known.revision) < (warning.raised_at, warning.revision):
            self._latest[key] = warning

    def standing(self, subject: Subject) -> list[tuple[str, str]]:
        """Places and kinds of the standing warnings of a subject."""
        return [
            key[1:] for key, warning in self._latest.items() if key[0] == subject and warning.change != "cancelled"
        ]

    def counts(self) -> Mapping[tuple[Subject, Colour], int]:
        """How many warnings stand, by subject and colour."""
        return Counter(
            (key[0], warning.colour) for key, warning in self._latest.items() if warning.change != "cancelled"
        )

    def take(self, sights: Iterable[Sight], calm_ms: int = CALM_MS) -> list[ColourWarning]:
        """Follow every sight; the changes to tell. `calm_ms` as for `follow`."""
        told = []
        for sight in sights:
            key = _key(sight)
            known = self._latest.get(key)
            if known is None and sight.colour == Colour.NONE:
                continue
            if known is not None and sight.at <= known.sight.at:
                continue
            after, changed = follow(known, sight, calm_ms)
            if after is not None:
                self._latest[key] = after
                if changed:
                    told.append(after)
        return told


def _key(sight: Sight) -> Key:
    return sight.subject, sight.place, sight.kind
