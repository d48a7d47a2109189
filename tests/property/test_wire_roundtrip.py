"""Any record comes back as it was; any bytes are either a record or refused, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import RefusedError
from streams.wire.codec import Codec
from streams.wire.files import SchemaFiles
from streams.wire.source import FileSource
from tests.support.records import RECORDS

CODEC = Codec(FileSource())
TEXT = st.text(st.characters(codec="utf-8"))


def values(avro_type):
    if isinstance(avro_type, list):
        return st.one_of(*map(values, avro_type))
    if isinstance(avro_type, dict):
        if avro_type["type"] == "array":
            return st.lists(values(avro_type["items"]), max_size=5)
        if avro_type["type"] == "enum":
            return st.sampled_from(avro_type["symbols"])
        return values(avro_type["type"])
    return {
        "null": st.none(),
        "string": TEXT,
        "double": st.floats(allow_nan=False),
        "boolean": st.booleans(),
        "int": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
    }[avro_type]


def records(name):
    fields = SchemaFiles().current(name)["fields"]
    return st.fixed_dictionaries({field["name"]: values(field["type"]) for field in fields})


def outcome(name, data):
    """ "record", or why it was refused; anything else that is raised fails the test."""
    try:
        record = CODEC.decode(name, data)
    except RefusedError as refused:
        return refused.reason
    assert record.keys() == RECORDS[name].keys()
    return "record"


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.data())
def test_record_comes_back_as_it_was(name, data):
    record = data.draw(records(name))
    assert CODEC.decode(name, CODEC.encode(name, record)) == record


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.data())
def test_random_bytes_after_a_right_prefix_are_a_record_or_undecodable(name, data):
    prefix = CODEC.encode(name, RECORDS[name])[:10]
    assert outcome(name, prefix + data.draw(st.binary(max_size=200))) in {"record", "undecodable"}


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.data())
def test_one_changed_byte_never_raises_anything_else(name, data):
    good = CODEC.encode(name, RECORDS[name])
    place = data.draw(st.integers(0, len(good) - 1))
    changed = good[:place] + bytes([data.draw(st.integers(0, 255))]) + good[place + 1 :]
    assert outcome(name, changed) in {"record", "undecodable", "unknown_schema"}


@given(st.binary(max_size=100))
def test_random_bytes_are_refused(data):
    assert outcome("HotlineCall", data) in {"undecodable", "unknown_schema"}
