"""Quality on real titles, where they are at hand: a figure that drops is a fault."""

import csv

from streams.learning.train import train


def test_titles_of_complaints(shared_data) -> None:
    with (shared_data / "complaint_titles_dev.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    facts = train([row["title"] for row in rows], [row["label"] for row in rows]).facts
    assert facts.macro_f1 >= 0.865
    assert facts.calibration_error <= 0.03
    assert facts.right_when_answered >= 0.92
