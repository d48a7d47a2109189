"""The benchmark itself, small: that it counts every record, measures from the due time, and notices a slower core."""

import json
import time
from pathlib import Path

import msgspec
import pytest

from benchmarks import growth, ratio, whatif
from benchmarks.corework import CoreWork, Fed
from benchmarks.drive import Stream
from benchmarks.figures import FIGURES, SHORT, days, flood, pile
from benchmarks.histogram import Histogram
from benchmarks.loads import Load, Wanted, open_load
from benchmarks.machine import this_machine
from benchmarks.outcome import Outcome, load, save
from benchmarks.pictures import picture
from benchmarks.places import edition_folder
from benchmarks.profiling import by_function
from benchmarks.rows import RowWatch, Seen
from benchmarks.scenarios import ALL_CLEARS, CALM, POLICE, PROFILES
from benchmarks.trial import Plan, run_trial
from streams.flow.topics import GRID_ALLCLEARS, POLICE_ALERTS
from streams.warehouse.packed import pack
from streams.warehouse.tables import TABLES
from streams.wire.codec import Codec
from streams.wire.source import FileSource


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_city_folder: Path) -> Path:
    """A folder of the benchmark's own, with the demo city in it."""
    monkeypatch.setattr("benchmarks.places.HOME", tmp_path / "bench")
    (edition_folder() / "city").symlink_to(demo_city_folder)
    return tmp_path


def test_open_loop_trial_counts_every_record_and_measures_orders_and_rows(home: Path) -> None:
    streams = [days(CALM.name, 200, 3), flood(300, 3)]
    result = run_trial(Plan("small", streams, broker="embedded", lateness=True, drain_s=60))
    assert result.drained
    assert sum(result.driven.sent.values()) == result.rows == result.plan.records == 600 + 900
    assert result.orders > 0
    assert result.latency["order police"].total > 0
    assert result.latency["order police"].at(0.5) > 0.1  # nothing arrives before it was due
    assert 0 < result.latency["row"].total <= 600
    assert result.usage["worker 1"].cpu_s > 0
    assert result.usage["worker 1"].peak_mb > 50
    outcome = Outcome(this_machine(), "test", figures={"small": [result]})
    assert load(save(outcome, home)).figures["small"][0].rows == 1500
    assert "<svg" in picture("small", result.latency)


def test_backlog_trial_sends_a_load_again_under_other_numbers(home: Path) -> None:
    result = run_trial(Plan("again", [pile(CALM.name, 900, 400)], broker="embedded", backlog=True, drain_s=60))
    assert result.drained
    assert result.driven.cycles == 2
    assert result.rows == 900
    assert result.rows_per_s > 0


def test_a_load_sent_again_has_other_numbers_and_the_same_words(tmp_path: Path, demo_city_folder: Path) -> None:
    one = open_load(Wanted(CALM.name, 300, 100.0), demo_city_folder, tmp_path)
    keys = {one.record(n, one.run_of(cycle))[0] for n in range(300) for cycle in range(3)}
    distinct = len({one.record(n)[0] for n in range(300)})
    assert len(keys) == 3 * distinct
    assert distinct > 290  # a few are redelivered on purpose
    codec = Codec(FileSource())
    place = one.topics.index(3)
    first, second = (codec.decode("AllClear", one.record(place, one.run_of(cycle))[1]) for cycle in (0, 1))
    assert first.pop("number") != second.pop("number")
    assert first == second
    assert isinstance(one, Load)


def test_loads_have_the_topics_of_their_scenario(tmp_path: Path, demo_city_folder: Path) -> None:
    topics = ("police.alerts", "hotline.calls", "grid.reports", "grid.allclears")
    for name in PROFILES:
        made = open_load(Wanted(name, 200, 100.0), demo_city_folder, tmp_path)
        found = {topics[number] for number in made.topics}
        assert len(made) == 200
        if name == POLICE.name:
            assert found == {POLICE_ALERTS}
        elif name == ALL_CLEARS.name:
            assert found == {GRID_ALLCLEARS}
        else:
            assert len(found) >= 3


def test_what_peers_write_of_an_all_clear_fits_its_table(tmp_path: Path, demo_city_folder: Path) -> None:
    load_of = open_load(Wanted(ALL_CLEARS.name, 1, 100.0), demo_city_folder, tmp_path)
    now_ms = int(time.time() * 1000)  # a load's own times are those of three days ago
    told = CoreWork(demo_city_folder, 1).take(Fed(GRID_ALLCLEARS, 0, 0, now_ms, load_of.record(0)[1]), now_ms)
    assert isinstance(told, dict)
    assert pack(TABLES["all_clears"], told["all_clears"]).rows == 1


def test_histogram_is_right_within_two_percent() -> None:
    histogram = Histogram()
    for value in range(1, 10_001):
        histogram.add(value / 10)
    assert histogram.at(0.5) == pytest.approx(500, rel=0.02)
    assert histogram.at(0.99) == pytest.approx(990, rel=0.02)
    assert histogram.summary()["max"] == 1000
    assert Histogram().merge([histogram, histogram]).total == 20_000
    assert msgspec.json.decode(msgspec.json.encode(histogram), type=Histogram, strict=False) == histogram


def test_rate_is_taken_between_the_tenth_and_the_ninth_tenth() -> None:
    watch = RowWatch([], 1.0)
    watch.seen = [Seen(0, 0), Seen(1000, 0), Seen(2000, 100), Seen(3000, 200), Seen(12_000, 1000), Seen(99_000, 1000)]
    assert watch.rate(1000) == pytest.approx(800 / (10.875 - 2.0), rel=0.01)
    assert watch.rate(2000) == 0.0


def test_ratio_notices_a_slower_core(demo_city_folder: Path) -> None:
    now = ratio.measure(demo_city_folder, records=200, rounds=1)
    assert now.intake > 0
    assert now.triage > 0
    assert ratio.slower(now, now) == []
    assert len(ratio.slower(msgspec.structs.replace(now, triage=now.triage * 1.3), now)) == 1
    assert ratio.reference() == 3651  # the pinned work is what it was


def test_a_profile_is_read_though_a_name_in_it_was_read_amiss(tmp_path: Path) -> None:
    file = tmp_path / "folded"
    file.write_text("run (a.py:1);wo\x85rk\u2028 (b.py:7) 3\nrun (a.py:2) 1\n", "utf-8")
    assert by_function(file) == [("wo\x85rk\u2028 (b.py", 0.75, 0.75), ("run (a.py", 0.25, 1.0)]


def test_growth_measures_with_that_many_open(demo_city_folder: Path) -> None:
    few, many = growth.by_open_incidents(demo_city_folder, [100, 2000], window=200)
    assert (few.open, many.open) == (100, 2000)
    assert few.micros > 0
    assert [cost.reports for cost in growth.by_reports(demo_city_folder, 400, window=200)] == [200, 400]


def test_questions_are_asked_of_what_a_worker_recorded(home: Path) -> None:
    asked: list[whatif.Asked] = []
    whatif.measure(600, "embedded", ["a rule"], asked.append)
    [one] = asked
    assert one.reports > 300  # the others are all-clears
    assert one.events_per_s > 0
    assert home.is_dir()


def test_every_figure_has_a_plan_that_can_be_written_down() -> None:
    for figure in FIGURES.values():
        plan = figure.plan(SHORT)
        assert plan.records > 0
        assert all(isinstance(stream, Stream) for stream in plan.streams)
        assert json.loads(msgspec.json.encode(plan))["name"] == figure.name
