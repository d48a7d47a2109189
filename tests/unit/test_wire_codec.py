"""The codec: every record there and back, older versions, and all that is refused."""

from io import BytesIO

import msgspec
import pytest
from fastavro import parse_schema, schemaless_writer

from streams.core.decision import Order
from streams.errors import RefusedError
from streams.wire.codec import Codec
from streams.wire.files import SchemaFiles
from streams.wire.framing import single_object_prefix
from streams.wire.source import FileSource
from tests.support.records import HOTLINE_CALL, ORDER, RECORDS


@pytest.fixture(scope="module")
def codec():
    return Codec(FileSource())


def refusal(call, *args):
    with pytest.raises(RefusedError) as refused:
        call(*args)
    return refused.value


def written(schema, record):
    out = BytesIO()
    schemaless_writer(out, parse_schema(schema), record)
    return single_object_prefix(schema) + out.getvalue()


def test_every_schema_has_a_record_here():
    assert set(RECORDS) == set(SchemaFiles().names())


@pytest.mark.parametrize("name", RECORDS)
def test_record_comes_back_as_it_was(codec, name):
    data = codec.encode(name, RECORDS[name])
    assert data[:2] == b"\xc3\x01"
    assert codec.decode(name, data) == RECORDS[name]


def test_fields_left_out_come_back_as_their_defaults(codec):
    decoded = codec.decode("GridReport", codec.encode("GridReport", {"number": "1", "report_time": "20241001080000"}))
    assert decoded["photos"] == []
    assert decoded["self_handled"] is False
    assert decoded["lon"] is None


def test_order_schema_mirrors_the_core_order():
    assert [field.name for field in msgspec.structs.fields(Order)] == [
        field["name"] for field in SchemaFiles().current("Order")["fields"]
    ]


def test_order_of_the_core_fits_its_schema(codec):
    order = Order(**ORDER)
    assert codec.decode("Order", codec.encode("Order", msgspec.structs.asdict(order))) == ORDER


@pytest.mark.parametrize("record", [{}, HOTLINE_CALL | {"number": 7}, HOTLINE_CALL | {"colour": "red"}])
def test_record_that_does_not_fit_is_not_written(codec, record):
    refused = refusal(codec.encode, "HotlineCall", record)
    assert refused.reason == "bad_value"
    assert HOTLINE_CALL["caller"] not in str(refused)


def test_record_of_another_feed_is_refused(codec):
    refused = refusal(codec.decode, "HotlineCall", codec.encode("PoliceAlert", RECORDS["PoliceAlert"]))
    assert refused.reason == "wrong_schema"
    assert "PoliceAlert" in refused.detail


def test_unknown_fingerprint_and_unknown_id_are_refused(codec):
    assert refusal(codec.decode, "HotlineCall", b"\xc3\x01ABCDEFGHxyz").reason == "unknown_schema"
    refused = refusal(codec.decode, "HotlineCall", b"\x00\x00\x00\x00\x07xyz")
    assert refused.reason == "unknown_schema"
    assert "7" in refused.detail


@pytest.mark.parametrize("name", RECORDS)
def test_every_cut_is_undecodable(codec, name):
    data = codec.encode(name, RECORDS[name])
    assert {refusal(codec.decode, name, data[:end]).reason for end in range(len(data))} == {"undecodable"}


def test_trailing_bytes_are_undecodable(codec):
    refused = refusal(codec.decode, "HotlineCall", codec.encode("HotlineCall", HOTLINE_CALL) + b"\x00\x00")
    assert refused.reason == "undecodable"
    assert "2 bytes" in refused.detail


OLD_ALL_CLEAR = {
    "type": "record",
    "name": "AllClear",
    "namespace": "sanwang",
    "fields": [{"name": "number", "type": "string"}, {"name": "grid", "type": "string"}],
}


class TwoVersions(FileSource):
    """AllClear has gained a field since its first release; an older one stood under another name."""

    def names(self):
        return ("AllClear",)

    def current(self, name):
        fields = [
            {"name": "number", "type": "string"},
            {"name": "grid_code", "type": "string", "aliases": ["grid"]},
            {"name": "note", "type": ["null", "string"], "default": None},
        ]
        return OLD_ALL_CLEAR | {"fields": fields}

    def released(self, name):
        return {1: OLD_ALL_CLEAR, 2: self.current(name)}


def test_released_version_is_read_into_the_current_one():
    codec = Codec(TwoVersions())
    data = written(OLD_ALL_CLEAR, {"number": "1", "grid": "g"})
    assert codec.decode("AllClear", data) == {"number": "1", "grid_code": "g", "note": None}
    assert refusal(codec.decode, "AllClear", data[:-1]).reason == "undecodable"
    assert refusal(codec.decode, "AllClear", data + b"x").reason == "undecodable"
