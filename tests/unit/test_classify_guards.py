"""When a word of danger counts, and when it is only talk."""

import pytest

from streams.core.guards import Guard, guarded

REAL = [
    ("着火", "着火了"),
    ("着火", "好像着火了"),
    ("着火", "是不是着火了"),
    ("着火", "不知道有没有着火"),
    ("着火", "可能着火了"),
    ("着火", "没有水，着火了"),
    ("着火", "担心老人，楼下着火"),
    ("煤气泄漏", "请问煤气泄漏怎么办"),
    ("火灾", "火灾"),
    ("溺水", "孩子溺水"),
]
DENIED = [
    ("着火", "没有着火"),
    ("着火", "现场并未着火"),
    ("火灾", "没有发生火灾"),
    ("溺水", "没有人溺水"),
    ("火灾", "不是火灾"),
    ("火灾", "消防演练模拟火灾"),
    ("溺水", "预防溺水"),
    ("火灾", "有火灾隐患"),
    ("触电", "存在触电风险"),
    ("地震", "地震应急知识"),
    ("火灾", "咨询火灾理赔"),
]
SUPPOSED = [
    ("火灾", "担心引起火灾"),
    ("着火", "万一着火"),
    ("着火", "如果着火了"),
    ("火灾", "容易引发火灾"),
    ("交通事故", "经常发生交通事故"),
    ("塌", "随时会塌"),
    ("失火", "去年失火"),
]


def _guarded(word: str, text: str, guard: Guard) -> bool:
    start = text.index(word)
    return guarded(text, start, start + len(word), guard)


@pytest.mark.parametrize(("word", "text"), REAL)
@pytest.mark.parametrize("guard", list(Guard))
def test_danger_counts(word, text, guard):
    assert not _guarded(word, text, guard)


@pytest.mark.parametrize(("word", "text"), DENIED)
def test_denied_danger_does_not_count(word, text):
    assert _guarded(word, text, Guard.DENIED)
    assert _guarded(word, text, Guard.SUPPOSED)
    assert not _guarded(word, text, Guard.NONE)


@pytest.mark.parametrize(("word", "text"), SUPPOSED)
def test_supposed_danger_counts_only_for_a_hazard(word, text):
    assert _guarded(word, text, Guard.SUPPOSED)
    assert not _guarded(word, text, Guard.DENIED)


def test_another_clause_denies_nothing():
    assert not _guarded("着火", "我没有看错，着火", Guard.SUPPOSED)
    assert not _guarded("着火", "着火，隐患早就有", Guard.SUPPOSED)
