"""Rows of a file as posts to a feed: records with their own number and time, refused rows with file and line."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.flow.dead_letters import REFUSED_HEADER, Refusal
from streams.flow.intake import REPLAY_HEADER
from streams.intake.files import DataFile
from streams.intake.mapfile import read_map
from streams.intake.maps import default_map
from streams.intake.posting import Post, Poster
from streams.intake.sender import MAX_RECORD_BYTES
from streams.wire.codec import Codec
from streams.wire.source import FileSource

HEAD = "number,call_time,detail,caller\n"


@pytest.fixture
def codec() -> Codec:
    return Codec(FileSource())


def posts(path: Path, codec: Codec, map_file: Path | None = None) -> list[Post]:
    with DataFile(path) as data:
        feed_map = read_map(map_file) if map_file else default_map("hotline", str(path), data.columns)
        poster = Poster(feed_map, codec, path.name)
        return [poster.post(line, row) for line, row in data]


def refusal(post: Post) -> Refusal:
    assert post.at_ms is None
    return msgspec.json.decode(dict(post.headers)[REFUSED_HEADER], type=Refusal)


def test_a_sound_row_is_a_record_with_the_number_of_its_column(tmp_path: Path, codec: Codec) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(HEAD + "A1,20240930080000,路灯不亮,19900000001\n", encoding="utf-8")
    [post] = posts(file, codec)
    assert post.key == b"A1"
    assert codec.decode("HotlineCall", post.value)["detail"] == "路灯不亮"
    assert post.headers == ((REPLAY_HEADER, b"1"),)
    assert post.at_ms == 1727654400000


def test_a_row_without_a_number_of_its_own_is_named_by_file_and_line_whatever_the_folder(
    tmp_path: Path, codec: Codec
) -> None:
    map_file = tmp_path / "map.toml"
    map_file.write_text('feed="hotline"\n[fields]\nnumber={from="line"}\ncall_time="call_time"\n', encoding="utf-8")
    for folder in ("here", "there"):
        file = tmp_path / folder / "calls.csv"
        file.parent.mkdir()
        file.write_text("call_time\n20240930080000\n20240930080001\n", encoding="utf-8")
        assert [post.key for post in posts(file, codec, map_file)] == [b"calls.csv:2", b"calls.csv:3"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A1,yesterday,灯不亮,\n", "bad_time"),
        (",20240930080000,灯不亮,\n", "missing_field"),
        ("A1,20240930080000\n", "bad_row"),
        (f"A1,20240930080000,{'长' * (MAX_RECORD_BYTES // 3 + 1)},\n", "too_large"),
    ],
)
def test_a_row_that_cannot_is_refused_with_its_place_and_the_next_one_goes_on(
    tmp_path: Path, codec: Codec, row: str, reason: str
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(f"{HEAD}{row}B2,20240930080000,灯不亮,\n", encoding="utf-8")
    bad, good = posts(file, codec)
    told = refusal(bad)
    assert (told.reason, told.file, told.line) == (reason, "calls.csv", 2)
    assert len(bad.value) < 1000
    assert good.key == b"B2"


def test_a_refused_row_shows_neither_the_caller_nor_a_number_in_its_text(tmp_path: Path, codec: Codec) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(HEAD + "A1,yesterday,请打１９９００００００１２,王小明\n", encoding="utf-8")
    [post] = posts(file, codec)
    shown = post.value.decode() + str(refusal(post))
    assert "王小明" not in shown
    assert "００" not in shown
    assert "请打" in shown


def test_the_same_file_gives_the_same_posts(tmp_path: Path, codec: Codec) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(HEAD + "A1,20240930080000,灯,\nA2,bad,灯,\n", encoding="utf-8")
    assert posts(file, codec) == posts(file, codec)
