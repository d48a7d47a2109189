"""What the door lets pass the pipeline accepts, and what it refuses the pipeline would refuse."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.city.city import City
from streams.core.accept import Door, Envelope
from streams.core.all_clear import read_all_clear
from streams.core.classify import Classifier
from streams.core.event import Event
from streams.core.localtime import from_ms
from streams.core.normalise import normalise
from streams.core.places import Places
from streams.door.bodies import JSON, Reading
from streams.door.judge import Judge
from streams.door.problems import Problem
from streams.door.shapes import ALL_CLEAR, REPORT, feed_of
from streams.errors import RefusedError
from streams.wire.codec import Codec
from streams.wire.files import RECORD_OF_FEED, field_types
from streams.wire.source import FileSource
from tests.support.door import GRID, VILLAGE

NOW = 1_790_000_000_000
CODEC = Codec(FileSource())
times = st.one_of(
    st.sampled_from(["", "20260230000000", "20260302080000x", "19910101000000"]),
    st.integers(NOW - 500 * 86_400_000, NOW + 86_400_000).map(from_ms),
)
words = st.one_of(st.text(max_size=30), st.sampled_from(["", " ", "路灯不亮", VILLAGE, GRID, "990201", "110000000000"]))
degrees = st.one_of(st.floats(-200, 200), st.sampled_from([0.0, 114.28, 33.2]))
VALUES: dict[str, Any] = {"string": words, "double": degrees, "boolean": st.booleans()}


T = TypeVar("T")


def outcome(work: Callable[[], T]) -> tuple[T | None, str]:
    """What comes of it, or in what words it is refused."""
    try:
        return work(), ""
    except RefusedError as refused:
        return None, str(refused)


def value_of(name: str, kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, list):
        return st.one_of(st.none(), value_of(name, kind[1]))
    if isinstance(kind, dict):
        return st.lists(words, max_size=3)
    return times if name.endswith("_time") else VALUES[kind]


def records(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({field: value_of(field, kind) for field, kind in field_types(name).items()})


reports = st.sampled_from(sorted(RECORD_OF_FEED)).flatmap(
    lambda feed: records(RECORD_OF_FEED[feed]).map(lambda record: {"feed": feed, **record})
)


@pytest.fixture(scope="module")
def judge(example_city: City) -> Judge:
    return Judge(example_city, Places(example_city.areas.values()), CODEC)


@pytest.fixture(scope="module")
def acceptance(example_city: City) -> Door:
    places, classifier = Places(example_city.areas.values()), Classifier(example_city.catalogue)
    return Door(example_city.catalogue, places, classifier, b"k" * 32)


@given(record=reports)
def test_reports(judge: Judge, acceptance: Door, record: dict[str, Any]) -> None:
    [told], faults, _ = Reading(REPORT).read(msgspec.json.encode(record), JSON)
    assert not faults
    feed = feed_of(told)
    del record["feed"]

    def accepted(told: dict[str, Any]) -> Event:
        return acceptance.accept(normalise(feed, told), Envelope(0, 0, NOW, replayed=False), NOW)

    passed, refused = outcome(lambda: judge.report(told, NOW))
    assert refused == outcome(lambda: accepted(record))[1]
    if passed:
        assert accepted(CODEC.decode(RECORD_OF_FEED[feed], passed.value)).event_id == passed.id
        assert passed.key.decode() == passed.id.partition(":")[2]


@given(record=records("AllClear"))
def test_all_clears(judge: Judge, example_city: City, record: dict[str, Any]) -> None:
    [told], faults, _ = Reading(ALL_CLEAR).read(msgspec.json.encode(record), JSON)
    assert not faults
    grids = {code for code in example_city.areas if len(code) > 12}
    passed, refused = outcome(lambda: judge.all_clear(told, NOW))
    assert refused == outcome(lambda: read_all_clear(record, grids, NOW))[1]
    if passed:
        decoded = CODEC.decode("AllClear", passed.value)
        assert read_all_clear(decoded, grids, NOW).number == passed.id.partition(":")[2]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8,
)  # fmt: skip


@given(body=st.one_of(json_values.map(msgspec.json.encode), st.binary(max_size=60)),
       kind=st.sampled_from([JSON, "application/x-ndjson"]))  # fmt: skip
def test_any_body_is_read_or_refused(body: bytes, kind: str) -> None:
    with suppress(Problem):  # anything else would be a fault of ours
        values, faults, _ = Reading(REPORT).read(body, kind)
        assert sum(value is None for value in values) == len(faults)


fields = st.sampled_from(["number", "photos", "scene_lon", "detail", "feed", "other"])


@given(record=reports, field=fields, value=json_values)
def test_a_fault_of_type_names_its_field(record: dict[str, Any], field: str, value: Any) -> None:
    _, faults, _ = Reading(REPORT).read(msgspec.json.encode(record | {field: value}), JSON)
    assert [fault.field for fault in faults] in ([], [field])
