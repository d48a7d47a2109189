"""Every item is reached by three sentences as citizens say them; and lines as each feed writes them."""

from collections import Counter
from pathlib import Path

import pytest

from streams.core.classify import Classifier
from streams.core.words import read_word
from tests.support.demo_catalogue import catalogue

DATA = Path(__file__).parents[1] / "data"


def _table(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]]


LINES = _table("sentences.tsv")
FIELD_LINES = _table("field_lines.tsv")


@pytest.fixture(scope="module")
def items():
    return catalogue().items


@pytest.fixture(scope="module")
def classifier():
    return Classifier(catalogue())


def test_there_are_three_sentences_of_its_own_for_each_item(items):
    assert Counter(code for code, _ in LINES) == dict.fromkeys(items, 3)
    assert len({sentence for _, sentence in LINES}) == len(LINES)


def test_sentences_are_more_than_a_name_or_a_word_of_the_item(items):
    for code, sentence in LINES:
        alone = [len(word.shown) for word in map(read_word, items[code].words) if word.shown in sentence]
        assert sentence != items[code].name
        assert max(alone, default=0) <= 0.75 * len(sentence), sentence


def test_every_sentence_reaches_its_item(items, classifier):
    wrong = []
    for code, sentence in LINES:
        found = classifier.classify("hotline", (), (), sentence)
        if found.item != code:
            wrong.append(f"{sentence}: {items[found.item].name} by {found.reasons}, not {items[code].name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("feed", "code", "line"), FIELD_LINES)
def test_what_each_feed_writes_is_understood(feed, code, line, classifier):
    assert classifier.classify(feed, (), (), line).item == code
