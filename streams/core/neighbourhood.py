"""Where open incidents are filed, and where those near a report are looked for.

Every incident is filed under its area, and under a cell of about one kilometre when its coordinates are known, else
among those of its area without; one whose place is no closer than a township is also filed under anchors of its text.
"""

from __future__ import annotations

from math import floor
from sys import intern

from streams.core.catalogue import Item
from streams.core.decision import Incident
from streams.core.event import Event
from streams.core.filing import Place
from streams.core.match import reach_m
from streams.core.wording import Wordings

File = tuple[str, Place]  # of a kind at a place

ANY = ""  # the kind under which anchors of texts are filed
CELL_DEGREES = 0.01
_DEGREES_PER_METRE = 1 / 90_000  # generous: covers a degree of longitude up to 36° N
_COLUMNS = 100_000  # more than there are cells from the equator to a pole


def files_of(incident: Incident, wordings: Wordings) -> list[File]:
    """Where an incident is filed; that never changes."""
    kind = intern(incident.item[:2])
    area = file_area(incident.area)
    files: list[File] = [(kind, area)]
    if incident.lon is not None and incident.lat is not None:
        cell = floor(incident.lon / CELL_DEGREES) * _COLUMNS + floor(incident.lat / CELL_DEGREES)
        return [*files, (kind, cell)]
    files.append((kind, without_coordinates(area)))
    if is_wide(incident.area):
        files.extend((ANY, anchor) for anchor in wordings.of(incident.text).anchors)
    return files


def kind_near(event: Event) -> str:
    """The kind under which `OpenIncidents.near` looks."""
    return ANY if (event.lon is None or event.lat is None) and is_wide(event.area) else event.item[:2]


def places_near(event: Event, item: Item, wordings: Wordings) -> list[Place]:
    """Wherever `OpenIncidents.near` may look: all that it can find is filed there, under `kind_near`."""
    area = file_area(event.area)
    if event.lon is not None and event.lat is not None:
        return [area, without_coordinates(area), *cells_within(event.lon, event.lat, reach_m(item.distance_m))]
    return list(wordings.of(event.text).anchors) if is_wide(event.area) else [area]


def file_area(area: str) -> str:
    """The area under which all in an area is filed: a grid's or micro-grid's village."""
    return intern(area[:12])


def without_coordinates(area: str) -> str:
    """Under which those in an area whose coordinates are unknown are filed apart."""
    return intern(f"{area}?")


def cells_within(lon: float, lat: float, metres: float) -> list[int]:
    """The cells in which whatever is no further from a place is filed."""
    reach = metres * _DEGREES_PER_METRE
    south, north = floor((lat - reach) / CELL_DEGREES), floor((lat + reach) / CELL_DEGREES) + 1
    columns = range(floor((lon - reach) / CELL_DEGREES), floor((lon + reach) / CELL_DEGREES) + 1)
    return [x * _COLUMNS + y for x in columns for y in range(south, north)]


def is_wide(area: str) -> bool:
    """Is it no closer than a township: the code of a city, county or township."""
    return len(area) == 12 and area.endswith("000")
