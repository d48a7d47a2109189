"""Whatever stands around a number, it does not come through; and texts without digits and names are not touched."""

import re

from hypothesis import given
from hypothesis import strategies as st

from streams.core.scrub import caller_hash, scrub

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
WORDS = st.text("小区门口水管爆裂请尽快处理，。！：（）abc ", max_size=30)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
SPOKEN = str.maketrans("0123456789", "零幺两三四五六七八九")
GAPS = st.sampled_from(["", " ", "-", "－", "　", "·", "—", "  "])


@given(MOBILES, WORDS, WORDS, st.sampled_from([None, FULL_WIDTH, SPOKEN]), GAPS)
def test_mobile_never_comes_through(number, before, after, table, gap):
    written = gap.join([number[:3], number[3:7], number[7:]])
    written = written.translate(table) if table else written
    assert scrub(f"{before}。{written}。{after}") == f"{scrub(before + '。')}[手机]{scrub('。' + after)}"


@given(st.lists(st.tuples(WORDS, MOBILES), max_size=8))
def test_every_one_of_many_is_found(parts):
    assert not re.search(r"\d{11}", scrub("".join(f"{word}；{number}" for word, number in parts)))


@given(st.text())
def test_any_text_can_be_scrubbed_and_twice_is_once(text):
    once = scrub(text)
    assert scrub(once) == once


@given(st.text("大中上下左右水电气路灯树桥河，。！？ abcxyz"))
def test_text_without_signs_is_not_touched(text):
    assert scrub(text) == text


@given(st.text(), st.binary(min_size=16, max_size=64))
def test_caller_hash_is_63_bits_for_any_caller(caller, key):
    assert 0 <= caller_hash(key, caller) < 2**63
