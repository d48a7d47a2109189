"""Personal data is found in all the ways that people write it, and ordinary numbers stay."""

import re
import timeit

import pytest

from streams.core.scrub import caller_hash, scrub
from tests.support.personal_lines import ordinary_lines, personal_lines

KEY = b"sixteen bytes or more"
MARKED = re.compile("⟨(.*?)⟩")
CLEAN = "小区门口自来水管爆裂，水流满地，影响出行，希望尽快处理，谢谢。居民多次向物业反映无果，请有关部门督促，" * 2


def plain(line):
    return line.replace("⟨", "").replace("⟩", "")


def test_at_least_97_of_100_pieces_of_personal_data_are_found():
    lines = personal_lines()
    assert len(lines) >= 120
    wanted = [(plain(line), MARKED.sub(f"[{kind}]", line)) for kind, line in lines]
    missed = [(text, scrub(text), label) for text, label in wanted if scrub(text) != label]
    assert len(missed) <= 0.03 * len(lines), missed


@pytest.mark.parametrize("line", ordinary_lines())
def test_ordinary_line_stays_as_it_is(line):
    assert scrub(line) == line


def test_several_kinds_in_one_text():
    text = "我叫王小明，身份证410101199003071234，电话一三八零零一三八零零零，车牌豫P12345，住和谐路12号。"
    assert scrub(text) == "我叫[姓名]，身份证[身份证]，电话[手机]，车牌[车牌]，住和谐路12号。"


def test_clean_text_comes_back_itself():
    assert scrub(CLEAN) is CLEAN
    assert scrub("") == ""


HOSTILE = [
    "1", "1 ", "1 3 8 0 0 ", "一", "一、", "豫P", "豫P1 ", "a@", "a", "姓名：", "张三", "6222 ", "0-", "86)", "我叫张",
    "身份证:", "13800138000 ", "🙂", "\ud800", "\x00",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_no_faster_than_the_text(unit):
    def seconds(size):
        text = (unit * size)[:size]
        return min(timeit.repeat(lambda: scrub(text), number=1, repeat=3))

    small, large = seconds(20_000), seconds(160_000)
    assert large < 8 * 4 * small + 0.05  # linear is 8 times; a square would be 64


def test_one_megabyte_is_scrubbed_whole():
    text = CLEAN * 10_000 + "13800138000"
    assert len(text) > 1_000_000
    assert scrub(text) == CLEAN * 10_000 + "[手机]"


def test_caller_hash_is_keyed_stable_and_63_bits():
    first = caller_hash(KEY, "13800138000")
    assert first == caller_hash(KEY, "13800138000")
    assert first != caller_hash(KEY[::-1], "13800138000")
    assert first != caller_hash(KEY, "13800138001")
    assert 0 < first < 2**63


@pytest.mark.parametrize("written", [
    "138 0013 8000", "138-0013-8000", "+8613800138000", "+86 138 0013 8000", "008613800138000", "8613800138000",
    "１３８００１３８０００", " 13800138000\n",
])  # fmt: skip
def test_ways_to_write_one_number_give_one_hash(written):
    assert caller_hash(KEY, written) == caller_hash(KEY, "13800138000")


@pytest.mark.parametrize("caller", ["", "  ", "\u3000", "-"])
def test_empty_caller_is_zero(caller):
    assert caller_hash(KEY, caller) == 0


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 65])
def test_weak_key_is_refused(key):
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        caller_hash(key, "13800138000")
