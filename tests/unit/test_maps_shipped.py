"""The maps under deploy/maps: they read, their codes exist in the demo city, and the real files go through them."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from streams.core.normalise import normalise
from streams.errors import RefusedError
from streams.intake.files import DataFile
from streams.intake.mapfile import read_map

CHECKOUT = Path(__file__).parents[2]
MAPS = CHECKOUT / "deploy" / "maps"
POLICE_CODES = CHECKOUT / "streams" / "city" / "demo_data" / "codes" / "police.csv"
FILES = {
    "san_antonio_police": ("police", "police_calls_2024-10.csv.gz", 20_528, 2),
    "citizen_complaints": ("hotline", "complaints_2019h1_dedup_dev.csv", 2_109, 0),
    "complaint_titles": ("hotline", "complaint_titles_dev.csv", 6_017, 0),
    "leader_board": ("hotline", "leader_board_hangzhou_dev.csv", 1_234, 0),
}


def test_every_map_is_known_here():
    assert {path.stem for path in MAPS.glob("*.toml")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_map_reads(name):
    assert read_map(MAPS / f"{name}.toml").feed == FILES[name][0]


def test_police_codes_are_those_of_the_demo_city():
    rule = next(r for r in read_map(MAPS / "san_antonio_police.toml").rules if r.field == "type_code_3")
    with POLICE_CODES.open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    assert {*rule.source.codes.values(), rule.source.otherwise} <= known


@pytest.mark.parametrize("name", FILES)
def test_real_file_goes_through(name, shared_data):
    feed_map = read_map(MAPS / f"{name}.toml")
    _, file_name, records, refused = FILES[name]
    outcome = Counter()
    with DataFile(shared_data / file_name) as file:
        feed_map.check_columns(file_name, file.columns)
        for line, row in file:
            try:
                normalise(feed_map.feed, feed_map.apply(row, file_name, line))
                outcome["record"] += 1
            except RefusedError as error:
                outcome[error.reason] += 1
    assert outcome == Counter(record=records, missing_field=refused)
