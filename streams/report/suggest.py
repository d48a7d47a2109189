"""`sanwang suggest`: what people should look at, so that decisions get better and stay good.

Rules whose orders keep moving away, words that swell and are not in the catalogue, classes that swell, and how many
reports nothing could classify. Suggestions are counts of places, units and kinds of matter; people decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick

from streams.config import Settings
from streams.core.catalogue import Catalogue
from streams.core.words import read_word
from streams.report.render import render
from streams.report.tables import Sheet
from streams.report.words import SUGGESTED, Format, Language
from streams.warehouse.asking import Asking
from streams.warehouse.port import Warehouse

MOST = 20  # lines of a list: more is not read
ODD = 4.0  # deviations above the past from which on a class is listed
_DAYS = 14
_ALIKE = 0.8  # pieces of one word come about as often
_NEWS = 2  # characters in a row that no known word has
NewWord = tuple[str, int, float]  # word, incidents in 7 days, in a usual week
_RULES = f"""
SELECT item, item_name, unit_name, rule, orders, returned, handed_over, recategorised, moved_share, city_share,
    mostly_to_name, mostly_as_name
FROM sanwang.rules_to_review ORDER BY spared DESC, item, unit_name, rule LIMIT {MOST}
"""  # noqa: S608 - a number of ours
_CLASSES = f"""
SELECT day, class_name, incidents, usual, odd
FROM sanwang.swelling_classes
WHERE odd >= {ODD} AND day > (SELECT max(day) FROM sanwang.swelling_classes) - {_DAYS}
ORDER BY odd DESC, day, class_name LIMIT {MOST}
"""  # noqa: S608
_DRIFT = f"""
SELECT day, feed, reports, by_code, by_text, by_model, other, other_share, shift
FROM sanwang.drift_days
WHERE day > (SELECT max(day) FROM sanwang.drift_days) - {_DAYS}
ORDER BY day DESC, feed
"""  # noqa: S608
_WORDS = "SELECT word, incidents, usual FROM sanwang.new_words ORDER BY incidents - usual DESC, word LIMIT 2000"


def suggest_bytes(settings: Settings, catalogue: Catalogue, form: Format, language: Language) -> bytes:
    """The suggestions in one of the formats. Raises as the warehouse does."""
    warehouse = Asking(settings.clickhouse)
    return render(SUGGESTED[language]["title"][0], sheets_of(warehouse, catalogue, language), form)


def sheets_of(warehouse: Warehouse, catalogue: Catalogue, language: Language) -> list[Sheet]:
    """All lists; an empty one says so by having no rows."""
    words = SUGGESTED[language]
    rows = {
        "rules": warehouse.query(_RULES),
        "words": unknown(warehouse.query(_WORDS), catalogue)[:MOST],
        "classes": warehouse.query(_CLASSES),
        "drift": warehouse.query(_DRIFT),
    }
    return [
        Sheet(words[name][0], words[name][1:], [[str(cell) for cell in row] for row in found])
        for name, found in rows.items()
    ]


def unknown(found: Iterable[Sequence[object]], catalogue: Catalogue) -> list[NewWord]:
    """Those words, as (word, incidents, usual), that say something new, those that swell most first.

    Of a longer word (配送机器狗) the warehouse gives pieces; they are joined, and only the whole is told. Dropped are
    parts of the catalogue's names, and what consists of its words but for single characters (路灯不亮了).
    """
    told = _joined([(str(word), int(str(incidents)), float(str(usual))) for word, incidents, usual in found])
    items = catalogue.items.values()
    parts = {part for item in items for word in item.words for part in read_word(word).parts if len(part) > 1}
    names = "\n".join(item.name for item in items)
    known = AhoCorasick(list(parts))
    whole = [one for one in told if not any(_part_of(one, other) for other in told)]
    return [one for one in whole if one[0] not in names and _news_in(one[0], known) >= _NEWS]


def _news_in(word: str, known: AhoCorasick) -> int:
    """Characters of the longest piece of `word` that is in no known word."""
    covered = [" "] * len(word)
    for _, start, end in known.find_matches_as_indexes(word, overlapping=True):
        covered[start:end] = "x" * (end - start)
    return max(map(len, "".join(covered).split("x")))


def _joined(words: list[NewWord]) -> list[NewWord]:
    """Pieces of four characters that overlap in three and come as often become one word."""
    joined = list(words)
    begins = {word[:3]: (word, count) for word, count, _ in reversed(words) if len(word) == 4}
    for number, (word, count, usual) in enumerate(joined):
        seen = {word}
        while len(word) >= 4 and (after := begins.get(word[-3:])) and after[0] not in seen and _alike(count, after[1]):
            seen.add(after[0])
            word += after[0][3:]
        joined[number] = (word, count, usual)
    return joined


def _part_of(one: NewWord, other: NewWord) -> bool:
    return one[0] != other[0] and one[0] in other[0] and _alike(one[1], other[1])


def _alike(one: int, other: int) -> bool:
    return min(one, other) >= _ALIKE * max(one, other)
