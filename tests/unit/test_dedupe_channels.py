"""One matter told on three nets: the burst pipe of a 110 alert, six hotline calls and a grid photo, among others."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from streams.batch.dedupe import NoRouter
from streams.core.triage import Desk
from tests.support.town import CATALOGUE, MINUTE, NOON, event

FILE = Path(__file__).parents[1] / "data" / "cross_channel.jsonl"
REPORTS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
METRE = 1 / 111_320  # degrees of latitude


def event_of(report):
    here = report["north"] is not None
    return event(
        report["number"], report["item"], feed=report["feed"], at=NOON + report["minute"] * MINUTE,
        text=report["text"], area=report["area"], lat=33.6 + report["north"] * METRE if here else None,
        lon=114.6 + report["east"] * METRE / 0.833 if here else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def incidents() -> dict[str, str]:
    """Incident of each report, by its number."""
    desk = Desk(CATALOGUE, NoRouter())
    decided = {}
    for report in sorted(REPORTS, key=lambda r: r["minute"]):
        decision = desk.decide(event_of(report), NOON)
        assert decision.incident is not None
        decided[report["number"]] = decision.incident.incident_id
    return decided


def pairs(key) -> set[tuple[str, str]]:
    return {(a["number"], b["number"]) for a, b in combinations(REPORTS, 2) if key(a) == key(b)}


def test_no_two_matters_are_merged(incidents) -> None:
    assert pairs(lambda r: incidents[r["number"]]) <= pairs(lambda r: r["group"])


def test_reports_of_one_matter_come_together(incidents) -> None:
    together, told = pairs(lambda r: incidents[r["number"]]), pairs(lambda r: r["group"])
    assert len(together & told) >= 0.85 * len(told)


def test_the_burst_pipe_is_one_incident_on_three_nets(incidents) -> None:
    assert {incidents[r["number"]] for r in REPORTS if r["group"] == "burst"} == {"police:1"}
