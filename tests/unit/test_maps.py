"""Maps: rows of foreign files into records of the feeds, and strict errors for a map that is wrong."""

import pytest

from streams.errors import FileFault, RefusedError
from streams.intake.mapfile import read_map
from streams.intake.maps import default_map
from streams.wire.codec import Codec
from streams.wire.source import FileSource

GOOD = """\
feed = "police"
required = ["id"]

[fields]
number = "id"
alarm_time = "time"
type_code_3 = { column = "kind", codes = "kinds", otherwise = "990000" }
text = ["kind", "note"]
address = { columns = ["road", "house"], join = "" }
scene_lon = "x"
scene_lat = "y"

[constants]
jurisdiction_code = "411602000000"

[time]
format = ["epoch_ms", "%Y-%m-%d %H:%M"]
zone = "Asia/Shanghai"

[coordinates]
offset_lon = 100.5

[codes.kinds]
"noise, loud" = "200700"
"""
ROW = {"id": " 7 ", "time": "1727757000000", "kind": "noise, loud", "note": "again", "road": "和谐路", "house": "12号",
       "x": "14.5", "y": "33.5"}  # fmt: skip


@pytest.fixture
def mapped(tmp_path):
    def make(text=GOOD):
        path = tmp_path / "MAP.toml"
        path.write_text(text, "utf-8")
        return read_map(path)

    return make


def refusal(feed_map, row):
    with pytest.raises(RefusedError) as refused:
        feed_map.apply(row, "calls.csv", 7)
    return refused.value


def test_row_becomes_a_record_of_the_feed(mapped):
    feed_map = mapped()
    record = feed_map.apply(ROW, "calls.csv", 2)
    assert record == {
        "number": "7",
        "alarm_time": "20241001123000",
        "type_code_3": "200700",
        "text": "noise, loud again",
        "address": "和谐路12号",
        "scene_lon": 115.0,
        "scene_lat": 33.5,
        "jurisdiction_code": "411602000000",
    }
    assert (feed_map.feed, feed_map.record) == ("police", "PoliceAlert")
    codec = Codec(FileSource())
    assert codec.decode("PoliceAlert", codec.encode("PoliceAlert", record)) | record == codec.decode(
        "PoliceAlert", codec.encode("PoliceAlert", record)
    )


@pytest.mark.parametrize(("change", "field", "value"), [
    ({"kind": "unheard of"}, "type_code_3", "990000"),
    ({"kind": ""}, "text", "again"),
    ({"kind": "", "note": " "}, "text", None),
    ({"x": ""}, "scene_lon", None),
    ({"x": "0"}, "scene_lon", 0.0),
    ({"x": 14.5}, "scene_lon", 115.0),
    ({"time": "2024-10-01 12:30"}, "alarm_time", "20241001123000"),
    ({"time": 1727757000000}, "alarm_time", "20241001123000"),
])  # fmt: skip
def test_values_of_rows(mapped, change, field, value):
    assert mapped().apply(ROW | change, "calls.csv", 2).get(field) == value


@pytest.mark.parametrize(("change", "reason", "detail"), [
    ({"id": ""}, "missing_field", "id is blank"),
    ({"id": "  "}, "missing_field", "number: id is blank"),
    ({"time": ""}, "missing_field", "alarm_time: time is blank"),
    ({"time": "yesterday"}, "bad_time", "none of the formats epoch_ms, %Y-%m-%d %H:%M"),
    ({"time": "2024-02-30 12:30"}, "bad_time", "none of the formats"),
    ({"time": "-5"}, "bad_time", "none of the formats"),
    ({"time": "9" * 30}, "bad_time", "none of the formats"),
    ({"x": "east"}, "bad_value", "scene_lon is no number"),
    ({"note": {"a": 1}}, "bad_value", "note holds an object"),
])  # fmt: skip
def test_row_that_cannot_become_a_record(mapped, change, reason, detail):
    refused = refusal(mapped(), ROW | change)
    assert refused.reason == reason
    assert detail in refused.detail


@pytest.mark.parametrize(("format_", "zone", "text", "local"), [
    ("epoch_s", "UTC", "1727757000", "20241001123000"),
    ("epoch_s", "UTC", "1727757000.9", "20241001123000"),
    ("%d.%m.%Y %H:%M:%S", "Asia/Shanghai", "1.10.2024 12:30:00", "20241001123000"),
    ("%Y-%m-%d %H:%M", "America/Chicago", "2024-09-30 23:30", "20241001123000"),
    ("%Y-%m-%dT%H:%M:%S%z", "America/Chicago", "2024-10-01T04:30:00+00:00", "20241001123000"),
    ("%Y-%m-%d", "Asia/Shanghai", "2024-10-01", "20241001000000"),
    ("local", "UTC", "20241001123000", "20241001123000"),
])  # fmt: skip
def test_time_formats_and_zones(mapped, format_, zone, text, local):
    feed_map = mapped(f"""
feed = "grid"
[fields]
number = "n"
report_time = "t"
[time]
format = "{format_}"
zone = "{zone}"
""")
    assert feed_map.apply({"n": "1", "t": text}, "f", 2)["report_time"] == local


def test_number_from_the_line_and_a_constant_time(mapped):
    feed_map = mapped("""
feed = "hotline"
[fields]
number = { from = "line" }
title = "title"
[constants]
call_time = "20190601080000"
""")
    assert feed_map.apply({"title": "停水"}, "titles.csv", 12) == {
        "number": "titles.csv:12", "title": "停水", "call_time": "20190601080000"}  # fmt: skip


@pytest.mark.parametrize(("cell", "value"), [
    ("true", True), ("是", True), ("1", True), ("No", False), ("否", False), (True, True), ("", None),
])  # fmt: skip
def test_yes_and_no(mapped, cell, value):
    feed_map = default_map("grid", "f", None)
    row = {"number": "1", "report_time": "20241001080000", "self_handled": cell, "photos": "a;b c"}
    record = feed_map.apply(row, "f", 2)
    assert record.get("self_handled") == value
    assert record["photos"] == ["a", "b", "c"]
    assert refusal(feed_map, row | {"self_handled": "perhaps"}).reason == "bad_value"


def test_list_of_a_json_row_becomes_a_list(mapped):
    row = {"number": 1, "report_time": "20241001080000", "photos": ["a", "b"]}
    assert default_map("grid", "f", None).apply(row, "f", 2)["photos"] == ["a", "b"]


def test_code_table_beside_the_map(mapped, tmp_path):
    (tmp_path / "kinds.csv").write_text("value,code\nnoise, 200700\n", "utf-8-sig")
    feed_map = mapped(GOOD.replace('codes = "kinds"', 'codes = "kinds.csv"'))
    assert feed_map.apply(ROW | {"kind": "noise"}, "f", 2)["type_code_3"] == "200700"


@pytest.mark.parametrize(("table", "place"), [
    ("value,code\na,1\na,2\n", "kinds.csv:3:1: 'a' stands here a second time"),
    ("value,code\na\n", "kinds.csv:2:1: 1 columns, expected 2"),
    ("a,b\n", "kinds.csv:1:1: the header is not value,code"),
    (None, "kinds.csv:1:1: cannot read the code table"),
])  # fmt: skip
def test_broken_code_table_is_named_with_its_place(mapped, tmp_path, table, place):
    if table is not None:
        (tmp_path / "kinds.csv").write_text(table, "utf-8")
    with pytest.raises(FileFault) as fault:
        mapped(GOOD.replace('codes = "kinds"', 'codes = "kinds.csv"'))
    assert place in str(fault.value)


@pytest.mark.parametrize(("old", "new", "place"), [
    ('feed = "police"', 'feed = "weather"', "1:1: unknown feed 'weather' (expected hotline, police, grid)"),
    ('feed = "police"', "", "1:1: unknown feed None"),
    ("required =", "demanded =", "2:1: 'demanded' is no known key"),
    ('required = ["id"]', 'required = "id"', "2:1: required must be"),
    ("address =", "adress =", "9:1: 'adress' is no known field of the police feed"),
    ('number = "id"\n', "", "4:1: nothing fills the required field number"),
    ('number = "id"', "number = 7", "5:1: number must name a column"),
    ('number = "id"', 'number = "id"\nnumber = "nr"', "6:14: Cannot overwrite a value"),
    ('"noise, loud" = "200700"', '"noise" = "1"\n"noise" = "2"', "25:14: Cannot overwrite a value"),
    ("[time]", "[fields]", "16:8: Cannot declare"),
    ("[time]", "[time", "16:6: Expected"),
    ("join =", "jion =", "9:1: unknown key 'jion' of address"),
    ('codes = "kinds"', 'codes = "types"', "7:1: no table [codes.types] (expected kinds)"),
    ('codes = "kinds"', "codes = 7", "7:1: codes of type_code_3 must be a string"),
    ('column = "kind",', "", "7:1: type_code_3 needs exactly one of column, columns and from"),
    ('{ column = "kind",', '{ from = "sky",', "7:1: type_code_3 cannot be from 'sky'"),
    ("jurisdiction_code =", "text =", "14:1: text is filled twice"),
    ('"411602000000"', "[]", "14:1: jurisdiction_code must be one value"),
    ('"Asia/Shanghai"', '"Asia/Nowhere"', "18:1: unknown time zone 'Asia/Nowhere'"),
    ("format =", "fromat =", "17:1: 'fromat' is no known key"),
    ("offset_lon = 100.5", 'offset_lon = "east"', "21:1: offset_lon must be degrees"),
    ('"200700"', "200700", "24:1: the code of 'noise, loud' must be a string"),
])  # fmt: skip
def test_wrong_map_is_named_with_line_and_column(mapped, tmp_path, old, new, place):
    assert old in GOOD
    with pytest.raises(FileFault) as fault:
        mapped(GOOD.replace(old, new, 1))
    assert str(fault.value).startswith(f"{tmp_path / 'MAP.toml'}:{place}")


def test_missing_map_and_wrong_encoding_are_named(tmp_path):
    with pytest.raises(FileFault, match=r"no\.toml:0:0: cannot open"):
        read_map(tmp_path / "no.toml")
    (tmp_path / "gb.toml").write_bytes('feed = "警"'.encode("gb18030"))
    with pytest.raises(FileFault, match=r"gb\.toml:1:1: the file is not in UTF-8"):
        read_map(tmp_path / "gb.toml")


def test_column_that_the_file_lacks_is_a_fault_of_the_file(mapped):
    feed_map = mapped()
    feed_map.check_columns("calls.csv", (*ROW, "more"))
    with pytest.raises(FileFault, match=r"calls\.csv:1:1: no column 'road', 'house', which MAP\.toml reads"):
        feed_map.check_columns("calls.csv", ("id", "time", "kind", "note", "x", "y"))


def test_file_with_the_feeds_own_names_needs_no_map():
    feed_map = default_map("hotline", "f", ("number", "call_time", "title", "likes"))
    row = {"number": "1", "call_time": "20241001123000", "title": "停水", "likes": "7"}
    assert feed_map.apply(row, "f", 2) == {"number": "1", "call_time": "20241001123000", "title": "停水"}
    assert refusal(feed_map, row | {"call_time": "20240230123000"}).reason == "bad_time"


def test_file_with_other_names_needs_a_map():
    with pytest.raises(FileFault, match=r"f\.csv:1:1: no column 'call_time', and no map"):
        default_map("hotline", "f.csv", ("number", "time"))
