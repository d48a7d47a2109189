"""Data files: forms, encodings, and rows that cannot be read."""

import gzip
import json

import pytest

from streams.errors import FileFault
from streams.intake import lines
from streams.intake.files import DataFile
from streams.intake.rows import CELL_LIMIT, RefusedRowError

ROWS = [{"编号": "1", "内容": "停水，三天了"}, {"编号": "2", "内容": '他说"没水"\n真的没有'}, {"编号": "3", "内容": ""}]
CSV = '编号,内容\n1,停水，三天了\n2,"他说""没水""\n真的没有"\n3,\n'
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def read(tmp_path, data, name="data"):
    path = tmp_path / name
    path.write_bytes(data)
    with DataFile(path) as file:
        return list(file)


def refusals(rows):
    return [(line, row.reason) for line, row in rows if isinstance(row, RefusedRowError)]


def good(rows):
    return [row for _, row in rows if not isinstance(row, RefusedRowError)]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(("text", "numbers"), [(CSV, [2, 3, 5]), (JSONL, [1, 2, 3])])
def test_every_form_and_encoding(tmp_path, text, numbers, encoding, zipped):
    data = text.encode(encoding)
    assert read(tmp_path, gzip.compress(data) if zipped else data) == list(zip(numbers, ROWS, strict=True))


@pytest.mark.parametrize("text", [CSV.replace("\n", "\r\n"), CSV.rstrip("\n"), CSV.replace("\n1,", "\n\n1,")])
def test_line_ends_blank_lines_and_a_missing_last_line_end(tmp_path, text):
    rows = [
        {key: value.replace("\r\n", "\n") for key, value in row.items()} for row in good(read(tmp_path, text.encode()))
    ]
    assert rows == ROWS


def test_progress_reaches_the_size_on_disk(tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() + b"4,x\n" * 50_000))
    with DataFile(path) as file:
        rows = iter(file)
        next(rows)
        begun = file.bytes_read
        assert sum(1 for _ in rows) == 50_002
        assert 0 < begun <= file.bytes_read == file.size == path.stat().st_size
        assert (file.form, file.encoding, file.columns) == ("csv", "utf-8", ("编号", "内容"))


def test_wrong_column_count_is_told_and_the_rest_goes_on(tmp_path):
    rows = read(tmp_path, b"a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert refusals(rows) == [(3, "bad_row"), (4, "bad_row")]
    assert good(rows) == [{"a": "1", "b": "2"}, {"a": "7", "b": "8"}]
    assert rows[1][1].detail == "1 columns, the header has 2"


def test_open_quote_costs_its_own_line_only(tmp_path):
    rows = read(tmp_path, b'a,b\n1,"open\n2,x\n3,"good\nrow"\n4,y\n')
    assert refusals(rows) == [(2, "bad_row")]
    assert [row["a"] for row in good(rows)] == ["2", "3", "4"]


def test_open_quote_at_the_end_costs_its_own_line_only(tmp_path):
    rows = read(tmp_path, b'a,b\n1,"open\n' + b"2,x\n" * 1000)
    assert refusals(rows) == [(2, "bad_row")]
    assert len(good(rows)) == 1000


def test_text_after_a_quote_is_refused_not_guessed(tmp_path):
    assert refusals(read(tmp_path, b'a,b\n1,"x"y\n2,z\n')) == [(2, "bad_row")]


@pytest.mark.parametrize("line", ['{"a": ', '["a"]', "7", '{"a": 1} x', "nothing"])
def test_broken_json_line_is_told_and_the_rest_goes_on(tmp_path, line):
    rows = read(tmp_path, f'{{"a": 1}}\n{line}\n\n{{"a": 2}}\n'.encode())
    assert refusals(rows) == [(2, "bad_row")]
    assert rows[2] == (4, {"a": 2})


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_undecodable_bytes_cost_their_row_only(tmp_path, encoding, form):
    first, row = (b"a\n", "水管爆裂".encode(encoding)) if form == "csv" else (b"", '{"a": "水管爆裂"}'.encode(encoding))
    broken = row.replace("爆".encode(encoding), b"\xff")
    rows = read(tmp_path, first + row + b"\n" + broken + b"\n" + row + b"\n")
    begin = 2 if form == "csv" else 1
    assert refusals(rows) == [(begin + 1, "undecodable")]
    assert good(rows) == [{"a": "水管爆裂"}] * 2


@pytest.mark.parametrize("first", [b"a,b\n1,%s\n2,x\n", b'{"a":"1","b":"%s"}\n{"a":"2","b":"x"}\n'])
def test_text_of_over_one_megabyte_is_too_large(tmp_path, first):
    rows = read(tmp_path, first % (b"x" * (CELL_LIMIT + 1)))
    assert [reason for _, reason in refusals(rows)] == ["too_large"]
    assert [row["a"] for row in good(rows)] == ["2"]
    assert good(read(tmp_path, first % (b"x" * CELL_LIMIT)))[0]["b"] == "x" * CELL_LIMIT


def test_endless_line_is_too_large_and_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LINE_LIMIT", 1000)
    rows = read(tmp_path, b"a,b\n1," + b"x" * 5000 + b"\n2,y\n")
    assert refusals(rows) == [(2, "too_large")]
    assert good(rows) == [{"a": "2", "b": "y"}]


def test_endless_line_inside_an_open_quote(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LINE_LIMIT", 1000)
    rows = read(tmp_path, b'a,b\n1,"open\n' + b"x" * 5000 + b"\n2,y\n")
    assert refusals(rows) == [(2, "bad_row"), (3, "too_large")]
    assert good(rows) == [{"a": "2", "b": "y"}]


def test_gzip_that_breaks_off_is_told_after_the_rows_before(tmp_path):
    whole = gzip.compress(b"a\n" + b"".join(b"%d\n" % n for n in range(100_000)))
    rows = read(tmp_path, whole[: len(whole) // 2])
    assert rows[0] == (2, {"a": "0"})
    assert refusals(rows) == [(rows[-1][0], "undecodable")]


def test_preview_is_scrubbed_and_short(tmp_path):
    rows = read(tmp_path, ("a,b\n电话13800138000，" + "水" * 500 + "\n").encode())
    preview = rows[0][1].preview
    assert preview.startswith("电话[手机]，")
    assert len(preview) == 200


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "1:1: the file is empty"),
        (b"\n1,2\n", "1:1: the header is blank"),
        (b"a,b,a\n1,2,3\n", "1:1: the header names 'a' twice"),
        (b'a,"b\n', "1:1: the header cannot be read"),
        ("a,编号\n".encode("utf-16"), "1:1: the file is in UTF-16"),
    ],
)
def test_file_without_a_usable_header(tmp_path, data, message):
    with pytest.raises(FileFault, match=message):
        read(tmp_path, data)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileFault, match=r"nothing\.csv:0:0: cannot open the file"), DataFile(tmp_path / "nothing.csv"):
        pass


def test_ascii_beginning_does_not_hide_the_encoding(tmp_path):
    rows = read(tmp_path, b"a\n" + b"x\n" * 5000 + "水管\n".encode("gb18030"))
    assert rows[-1] == (5002, {"a": "水管"})
