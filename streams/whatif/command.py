"""`sanwang whatif`: recorded reports through the city as it is and as it would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from streams.config import Settings
from streams.errors import SanwangError
from streams.report.render import render
from streams.report.words import Format, Language
from streams.whatif.asked import Reading, Unread
from streams.whatif.compare import Difference, Sums
from streams.whatif.feeds import FEEDS, from_feeds
from streams.whatif.files import Write, difference_files, write_units
from streams.whatif.names import Names
from streams.whatif.pair import Pair
from streams.whatif.processes import workers
from streams.whatif.recorded import RECORDED, recorded
from streams.whatif.shown import sheets_of, summary
from streams.whatif.tried import Tried, load_both
from streams.whatif.words import LABELS

Source = Literal["clickhouse", "kafka"]


class WhatIf:
    """What would have differed under another city?"""

    def __init__(self, settings: Settings, tried: Tried) -> None:
        """Raises CityFaults and ModelFileError if either city cannot be loaded."""
        self._settings = settings
        self._cities = load_both(Tried(Path(settings.city)), tried)
        self.names = Names(*self._cities)

    def ask(self, source: Source, begin: int, end: int, out: Path | None = None) -> Sums:
        """Replay what was received from `begin` up to `end` (ms UTC); with `out`, write every difference there.

        Raises as the source does, and SanwangError if it has no reports.
        """
        with difference_files(out, self.names) if out else nullcontext(_nowhere) as write:
            sums = self._replay(*self._reports(source, begin, end), write)
        if not sums.reports:
            raise SanwangError(f"no reports were recorded in that time in {source}")
        if out:
            write_units(out, sums, self.names)
        return sums

    def _reports(self, source: Source, begin: int, end: int) -> tuple[Iterator[Unread], Reading]:
        if source == "kafka":
            return from_feeds(self._settings, begin, end), FEEDS
        return recorded(self._settings.clickhouse, begin, end), RECORDED

    def _replay(self, reports: Iterable[Unread], reading: Reading, write: Write) -> Sums:
        """Have both sides decide on the reports, in their order, and hand the differences to `write`."""
        partitions = self._settings.kafka.partitions
        with workers(Pair(*self._cities, partitions, reading.key), reading, partitions) as at_work:
            for differences in at_work.compare(reports):
                write(differences)
            return at_work.sums()


def shown(sums: Sums, names: Names, form: Format, language: Language, title: str = "title") -> bytes:
    """The answer: sentences and tables. CSV and workbooks have the tables alone."""
    tables = render(LABELS[language][title], sheets_of(sums, names, language), form)
    return tables if form in ("csv", "xlsx") else f"{summary(sums, names, language)}\n\n".encode() + tables


def _nowhere(differences: Sequence[Difference]) -> None:
    """Nobody wants them one by one."""
