"""The city as it would be: a folder, and perhaps another model or threshold than the folder names."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from streams.city.city import City
from streams.city.load import load_city
from streams.learning.items import opinion_of


class Tried(Struct, frozen=True):
    """What is tried."""

    folder: Path
    model: Path | None = None
    threshold: float | None = None  # of the model: a lower probability is no answer

    def load(self, like: tuple[Path, City] | None = None) -> City:
        """The city; with a model that its folder does not name, words of danger stay the rules' ("both").

        Raises CityFaults for a folder that cannot be loaded, ModelFileError for a model that does not fit it. `like`
        is as for `load_city`.
        """
        city = load_city(self.folder, like)
        classes = city.classes
        if self.model is not None:
            classes = replace(classes, model=str(self.model), by="both" if classes.by == "rules" else classes.by)
        if self.threshold is not None:
            classes = replace(classes, threshold=self.threshold)
        opinion_of(classes, city.catalogue)  # said here rather than in a process of its own
        return replace(city, classes=classes)


def load_both(before: Tried, after: Tried) -> tuple[City, City]:
    """Two cities of which one is likely a changed copy of the other; raises as `Tried.load` does."""
    city = before.load()
    return city, after.load((before.folder, city))
