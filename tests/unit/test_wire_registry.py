"""Confluent framing with a schema registry: what is written, read, refused, and tried again."""

import json

import pytest

from streams.errors import RefusedError
from streams.wire.codec import Codec
from streams.wire.registry import Registry, RegistryError
from streams.wire.source import FileSource, RegistrySource
from tests.support.records import ALL_CLEAR, HOTLINE_CALL, RECORDS
from tests.support.registry import fake_registry


@pytest.fixture
def registry():
    with fake_registry() as running:
        yield running


@pytest.fixture
def codec(registry):
    return Codec(RegistrySource(Registry(registry.url)))


@pytest.mark.parametrize("name", RECORDS)
def test_record_is_written_with_the_id_of_its_schema(codec, name):
    data = codec.encode(name, RECORDS[name])
    assert data[:5] == b"\x00\x00\x00\x00\x01"
    assert codec.decode(name, data) == RECORDS[name]


def test_registry_is_asked_once_a_schema(codec, registry):
    for _ in range(3):
        codec.decode("AllClear", codec.encode("AllClear", ALL_CLEAR))
    assert registry.asked == [("POST", "/subjects/sanwang.AllClear/versions"), ("GET", "/schemas/ids/1")]


def test_reader_with_a_registry_accepts_single_object_encoding_too(codec):
    assert codec.decode("AllClear", Codec(FileSource()).encode("AllClear", ALL_CLEAR)) == ALL_CLEAR


def test_foreign_schema_of_the_same_record_is_resolved(codec, registry):
    fields = [{"name": name, "type": "string"} for name in ("number", "grid_code", "report_time")]
    registry.schemas[9] = json.dumps(
        {"type": "record", "name": "AllClear", "namespace": "sanwang", "fields": fields})  # fmt: skip
    assert codec.decode("AllClear", b"\x00\x00\x00\x00\x09\x02a\x02b\x02c") == {
        "number": "a", "grid_code": "b", "worker": None, "report_time": "c"}  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (None, "unknown_schema"),
        ('{"type": "record", "name": "Weather", "fields": []}', "wrong_schema"),
        ('{"type": "record", "name": "sanwang.AllClear", "fields": [{"name": "x", "type": "int"}]}', "wrong_schema"),
        ('{"type": "record", "name": "A", "fields": [{"name": "x", "type": "nothing"}]}', "unknown_schema"),
        ('"string"', "unknown_schema"),
        ("syntax = proto3;", "unknown_schema"),
    ],
)
def test_useless_schema_refuses_the_record(codec, registry, schema, reason):
    if schema:
        registry.schemas[3] = schema
    with pytest.raises(RefusedError) as refused:
        codec.decode("AllClear", b"\x00\x00\x00\x00\x03\x02")
    assert refused.value.reason == reason


def test_failing_registry_is_no_reason_to_refuse(codec, registry):
    data = codec.encode("HotlineCall", HOTLINE_CALL)
    registry.broken = True
    with pytest.raises(RegistryError, match="500: store is down"):
        codec.decode("HotlineCall", data)
    registry.broken = False
    assert codec.decode("HotlineCall", data) == HOTLINE_CALL


def test_absent_registry_is_named():
    with fake_registry() as gone:
        url = gone.url
    with pytest.raises(RegistryError, match=f"{url} does not answer"):
        Registry(url).fetch(1)


@pytest.mark.parametrize("url", ["registry:8081", "file:///etc/passwd", "http://"])
def test_address_must_be_http(url):
    with pytest.raises(RegistryError, match="no schema registry address"):
        Registry(url)
