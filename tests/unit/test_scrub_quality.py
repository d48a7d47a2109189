"""Whole sentences as callers write them: how much personal data goes, and how much else goes with it."""

import csv
import re
from pathlib import Path

from streams.core.scrub import scrub

FILE = Path(__file__).parents[1] / "data" / "scrub_lines.tsv"
LABEL = re.compile(r"\[[^\]]+\]")


def counted() -> tuple[int, int, int, int]:
    """Pieces of personal data, those that go, pieces that go, ordinary lines that change."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) >= 40
    pieces = found = gone = harmed = 0
    for row in rows:
        wanted, got = len(LABEL.findall(row["expected"])), len(LABEL.findall(scrub(row["text"])))
        pieces, found, gone = pieces + wanted, found + min(wanted, got), gone + got
        harmed += not wanted and scrub(row["text"]) != row["text"]
    return pieces, found, gone, harmed


def test_personal_data_goes_and_the_rest_stays() -> None:
    pieces, found, gone, harmed = counted()
    assert found >= 0.85 * pieces, (pieces, found)
    assert found >= 0.97 * gone, (gone, found)
    assert harmed == 0
