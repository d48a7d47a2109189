"""The small language in which an item's words are written."""

import pytest

from streams.core.words import Word, WordError, read_word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("路灯", Word(("路灯",), 1.0)),
        ("路灯不亮", Word(("路灯不亮",), 2.0)),
        ("井盖丢了好几天没有人管", Word(("井盖丢了好几天没有人管",), 3.0)),
        ("老人+走失", Word(("老人", "走失"), 2.5)),
        ("树+挡+窗户", Word(("树", "挡", "窗户"), 2.5)),
        ("垃圾*0.5", Word(("垃圾",), 0.5)),
        ("枪*2", Word(("枪",), 1.0)),
        ("-演练", Word(("演练",), 1.0, forbids=True)),
        ("自杀!", Word(("自杀",), 1.0, supposed=True)),
        ("孩子+失联!*2", Word(("孩子", "失联"), 5.0, supposed=True)),
        ("KTV", Word(("KTV",), 1.5)),
    ],
)
def test_words_are_read(text, word):
    assert read_word(text) == word


@pytest.mark.parametrize(
    "text", ["", "-", "+", "路灯+", "+路灯", "路灯*", "路灯*x", "路 灯", "路灯|灯", "--路灯", "*2", "路灯!!"]
)
def test_what_is_no_word_is_refused_by_name(text):
    with pytest.raises(WordError, match="is no word"):
        read_word(text)


def test_one_character_needs_a_weight():
    with pytest.raises(WordError, match="one character"):
        read_word("火")


@pytest.mark.parametrize("text", ["-演练+火灾", "-演练!", "-演练*2"])
def test_a_bar_is_one_plain_word(text):
    with pytest.raises(WordError, match="rules the item out"):
        read_word(text)


def test_a_word_is_shown_without_its_marks():
    assert read_word("孩子+失联!*2").shown == "孩子+失联"
