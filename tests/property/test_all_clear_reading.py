"""The quick way to read an all-clear agrees with the codec, or says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import RefusedError
from streams.wire.all_clear import quick_fields
from streams.wire.codec import Codec
from streams.wire.source import FileSource

CODEC = Codec(FileSource())
PREFIX = CODEC.prefix("AllClear")
TEXTS = st.text(max_size=80) | st.text("0123456789", min_size=14, max_size=17)
RECORDS = st.fixed_dictionaries(
    {"number": TEXTS, "grid_code": TEXTS, "worker": st.none() | TEXTS, "report_time": TEXTS}
)  # fmt: skip


@given(RECORDS)
def test_what_is_read_quickly_is_what_the_codec_reads(record: dict[str, str | None]) -> None:
    data = CODEC.encode("AllClear", record)
    fields = quick_fields(data, PREFIX)
    texts = [str(record[name]) for name in ("number", "grid_code", "report_time")]
    usual = len(texts[2]) == 14 and all(v is None or (v.isascii() and len(v) < 64) for v in record.values())
    assert fields == (tuple(text.encode() for text in texts) if usual else None)


@given(st.sampled_from([PREFIX, b""]), st.binary(max_size=60))
def test_on_any_bytes_it_agrees_with_the_codec_or_leaves_them_to_it(head: bytes, tail: bytes) -> None:
    data = head + tail
    fields = quick_fields(data, PREFIX)
    if fields is None:
        return
    record = CODEC.decode("AllClear", data)
    assert fields == tuple(str(record[name]).encode() for name in ("number", "grid_code", "report_time"))


@given(RECORDS, st.data())
def test_cut_or_longer_records_are_left_to_the_codec_which_refuses_them(
    record: dict[str, str | None], data: st.DataObject
) -> None:
    whole = CODEC.encode("AllClear", record)
    cut = whole[: data.draw(st.integers(len(PREFIX), len(whole) - 1))]
    for broken in (cut, whole + b"x"):
        if quick_fields(broken, PREFIX) is None:
            with pytest.raises(RefusedError, match="AllClear"):
                CODEC.decode("AllClear", broken)
        else:
            CODEC.decode("AllClear", broken)  # the beginning of a record may be a whole shorter one
