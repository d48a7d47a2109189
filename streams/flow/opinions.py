"""The learned model of a worker: loaded at its start, and again whenever its files change.

Files are looked at, no signal is waited for: a model reaches all workers in the same way, on a shared disk as in a
mounted volume of Kubernetes, and no process has to be found. A chunk is classified under one model from its first
report to its last; what is in Kafka, in hand, or decided is not touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from streams.city.classes import FILE, read_classes
from streams.city.faults import CityFaults
from streams.core.catalogue import Catalogue
from streams.core.event import Event
from streams.core.opinion import Opinion
from streams.errors import FileFault
from streams.learning.items import opinion_of
from streams.telemetry.metrics import Metrics

PAUSE_S = 2.0  # between two looks at the files
log = structlog.get_logger(__name__)
_Seen = tuple[int, int, int] | None  # time, size and inode of a file; None for one that is not there


class Opinions:
    """The opinion in use."""

    def __init__(self, folder: Path, catalogue: Catalogue, metrics: Metrics) -> None:
        """Loads what the city's folder says. Raises CityFaults and ModelFileError."""
        self._folder = folder
        self._catalogue = catalogue
        self._metrics = metrics
        self._seen: dict[Path, _Seen] = {}
        self._current = self._load()
        self._tell()

    def on(self, events: list[Event]) -> list[Event]:
        """The events with the model's say, if there is one; as the rules have them where the model fails."""
        opinion = self._current
        if opinion is None:
            return events
        try:
            return opinion.on(events)
        except Exception:  # a fault of ours: the reports are classified, they go on
            log.exception("model failed", model=opinion.version)
            self._metrics.model_failures.labels("classify").inc()
            return events

    @asynccontextmanager
    async def watched(self, pause_s: float = PAUSE_S) -> AsyncIterator[None]:
        """Look at the files every `pause_s` seconds for as long as the block lasts."""
        task = asyncio.create_task(self._watch(pause_s))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self, pause_s: float) -> None:
        while True:
            await asyncio.sleep(pause_s)
            if all(_look(path) == seen for path, seen in self._seen.items()):
                continue
            try:
                self._current = await asyncio.to_thread(self._load)
            except Exception as error:
                self._metrics.model_failures.labels("load").inc()
                log.exception("model not loaded, the one in use stays", error=str(error))
            else:
                self._tell()

    def _load(self) -> Opinion | None:
        """What the files say. They are looked at before they are read: a change meanwhile is seen the next time."""
        file = self._folder / FILE
        self._seen = {file: _look(file)}
        faults: list[FileFault] = []
        classes = read_classes(self._folder, self._catalogue.items, faults)
        if faults:
            raise CityFaults(str(self._folder), faults)
        if classes.model:
            model = Path(classes.model)
            self._seen[model] = _look(model)
        return opinion_of(classes, self._catalogue)

    def _tell(self) -> None:
        by, version = (self._current.by, self._current.version) if self._current else ("rules", "")
        self._metrics.model.clear()
        self._metrics.model.labels(by, version).set(1)
        log.info("classifying", by=by, model=version)


def _look(path: Path) -> _Seen:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
