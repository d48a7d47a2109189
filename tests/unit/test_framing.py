"""Framing: the two prefixes, and bytes that have neither."""

import json

import avro.schema
import pytest

from streams.errors import RefusedError
from streams.wire.files import SchemaFiles
from streams.wire.framing import confluent_prefix, prefix_of, schema_id_of, single_object_prefix


def test_fingerprint_is_the_one_of_the_avro_specification():
    # Fingerprint of "int" as the Java reference implementation gives it, here little endian
    assert single_object_prefix("int") == b"\xc3\x01" + bytes.fromhex("7275d51a3f395c8f")[::-1]


@pytest.mark.parametrize("name", ["HotlineCall", "PoliceAlert", "GridReport", "AllClear"])
def test_fingerprint_is_the_one_that_the_avro_package_computes(name):
    # Order and DeadLetter are left out: of a logical type the avro package keeps {"type": "long"}, where the
    # specification says "long"
    schema = SchemaFiles().current(name)
    assert single_object_prefix(schema)[2:] == avro.schema.parse(json.dumps(schema)).fingerprint("CRC-64-AVRO")


def test_docs_and_logical_types_do_not_change_the_fingerprint():
    plain = {"type": "record", "name": "A", "fields": [{"name": "at", "type": "long"}]}
    told = {"type": "record", "name": "A", "doc": "a", "fields": [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "when"}]}  # fmt: skip
    assert single_object_prefix(plain) == single_object_prefix(told)


def test_confluent_prefix_is_a_zero_and_the_id_big_endian():
    assert confluent_prefix(258) == b"\x00\x00\x00\x01\x02"
    assert schema_id_of(b"\x00\x00\x00\x01\x02") == 258
    assert schema_id_of(b"\xc3\x01" + b"12345678") is None


def test_prefix_is_cut_off_the_record():
    assert prefix_of(b"\xc3\x01ABCDEFGHrest") == b"\xc3\x01ABCDEFGH"
    assert prefix_of(b"\x00\x00\x00\x00\x07rest") == b"\x00\x00\x00\x00\x07"


@pytest.mark.parametrize("data", [b"", b"\xc3", b"\xc3\x02ABCDEFGH", b"{}", b"\xc3\x01ABC", b"\x00\x00\x00"])
def test_bytes_without_a_whole_prefix_are_undecodable(data):
    with pytest.raises(RefusedError) as refused:
        prefix_of(data)
    assert refused.value.reason == "undecodable"
