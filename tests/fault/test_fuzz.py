"""Malformed inputs: refused with a reason or still good; no crash, no number of a caller in anything that is written.

`make fuzz` does a million; docs/reliability.md has what came of them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from faults.came import PLANTED, Came
from faults.fuzz import Fuzzed, fuzz, table_of
from faults.mutate import broken_bytes
from faults.surfaces import FeedSurface, surfaces
from streams.city.city import City
from streams.flow.topics import FEED_TOPICS
from tests.support.brokers import AnyBroker
from tests.support.feeding import Raw, put
from tests.support.pipeline import pipeline, settings_on

INPUTS, SENT, SEED = 12_000, 1_000, 11


def test_every_input_is_refused_or_good_and_nothing_leaks(demo_city_folder: Path) -> None:
    done = fuzz(demo_city_folder, SEED, INPUTS)
    assert {one.surface for one in done} == {*FEED_TOPICS, "file of calls", "http door"}
    for one in done:
        assert one.good, one.notes
        assert one.inputs == one.refused + one.accepted == INPUTS // len(done)
        assert one.refused > 0.3 * one.inputs, "most inputs are meant to be broken"
    assert f"| **all** | {INPUTS:,} |" in table_of(done)


def test_malformed_records_through_the_broker(own_broker: AnyBroker, tmp_path: Path, demo_city_folder: Path,
                                              demo_city: City) -> None:  # fmt: skip
    rng = Random(SEED)
    settings = settings_on(own_broker.servers, tmp_path, demo_city_folder)
    with pipeline(settings, tmp_path) as running:
        for way in surfaces(demo_city, demo_city_folder, SEED):
            if isinstance(way, FeedSurface):
                sent = [Raw(way.malformed(rng)) for _ in range(SENT)]
                asyncio.run(put(own_broker.servers, way.name, sent))
            way.close()
        account = running.account(90)
        assert account.closed, account
        assert sum(line.received for line in account.lines) == SENT * len(FEED_TOPICS)
        assert running.ask("SELECT count() FROM sanwang.dead_letters FINAL WHERE reason = 'internal_error'") == [(0,)]
        for table in ("dead_letters", "events", "incidents"):
            alone = f"match(toString(tuple(*)), '(^|[^0-9]){PLANTED}([^0-9]|$)')"
            assert running.ask(f"SELECT * FROM sanwang.{table} WHERE {alone}") == []
    assert PLANTED not in running.worker.log.read_text("utf-8")


class _Leaky:
    name = "leaky"

    def fuzz(self, rng: Random) -> Came:
        if rng.random() < 0.5:
            raise ValueError("a crash")
        return Came("undecodable", f"text {PLANTED}".encode())

    def close(self) -> None: ...


def test_a_crash_and_a_leak_are_counted(demo_city_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faults.fuzz.surfaces", lambda city, folder, seed: [_Leaky()])
    [done] = fuzz(demo_city_folder, 1, 100)
    assert not done.good
    assert done.crashes + done.leaks == 100
    assert isinstance(done, Fuzzed)


def test_the_same_seed_breaks_the_same_way() -> None:
    good = bytes(range(200))
    assert [broken_bytes(good, Random(5)) for _ in range(3)] == [broken_bytes(good, Random(5))] * 3
    assert broken_bytes(good, Random(5)) != broken_bytes(good, Random(6))
