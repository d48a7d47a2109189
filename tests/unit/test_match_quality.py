"""The same matter in other words, and other matters in the same words: made up, through the stream's own door and desk.

Who merges two different matters sends help to one of them only: that must hardly ever happen here.
"""

import csv
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest

from streams.batch.dedupe import NoRouter
from streams.core.accept import Door, Envelope
from streams.core.classify import Classifier
from streams.core.event import Report
from streams.core.places import Places
from streams.core.triage import Desk
from streams.core.wording import Wordings
from tests.support.town import NOON
from tests.unit.test_places_quality import area_of

DATA = Path(__file__).parents[1] / "data"
HOUR = 3_600_000
Pairs = set[tuple[int, int]]


@pytest.fixture(scope="module")
def told(demo_city) -> list[dict[str, str]]:
    """The reports, each with the incident that it came to."""
    with (DATA / "places_city.csv").open(encoding="utf-8", newline="") as file:
        areas = [area_of(row) for row in csv.DictReader(file)]
    with (DATA / "same_matter.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    door = Door(demo_city.catalogue, Places(areas), Classifier(demo_city.catalogue), bytes(16))
    desk = Desk(demo_city.catalogue, NoRouter(), Wordings(areas))
    for number, row in sorted(enumerate(rows), key=lambda one: float(one[1]["hours"])):
        at = NOON + int(float(row["hours"]) * HOUR)
        report = Report(row["feed"], str(number), at, text=row["text"])
        decision = desk.decide(door.accept(report, Envelope(0, number, at, replayed=False), at), at)
        row["incident"] = decision.incident.incident_id
    return rows


def pairs(rows: list[dict[str, str]], column: str) -> Pairs:
    return {(a, b) for a, b in combinations(range(len(rows)), 2) if rows[a][column] == rows[b][column]}


def texts(rows: list[dict[str, str]], some: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(rows[a]["text"], rows[b]["text"]) for a, b in sorted(some)]


def test_different_matters_stay_apart_and_one_matter_comes_together(told) -> None:
    same, merged = pairs(told, "group"), pairs(told, "incident")
    assert len(told) >= 90
    assert len(merged & same) >= 0.97 * len(merged), texts(told, merged - same)
    assert len(merged & same) >= 0.75 * len(same), texts(told, same - merged)


def test_the_same_words_about_another_name_are_never_merged(told) -> None:
    """Nor is another trouble of the same name: the groups of the file that end in a number."""
    incident = {row["group"]: row["incident"] for row in reversed(told)}
    twins = [group for group in incident if group[-1].isdigit()]
    assert len(twins) >= 35
    assert [group for group in twins if incident[group] == incident[group.rstrip("0123456789")]] == []
