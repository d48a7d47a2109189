"""Recall on lines that were made to slip through, by kind: the figures of docs/privacy.md."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from streams.core.scrub import scrub
from tests.support.adversarial_lines import LABELS, adversarial_lines

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
LEAST = 0.93  # of all lines together
TITLE = "(?:先生|女士)?"


def hidden(talk: str, way: str) -> bool:
    """Nothing of the data comes through, and nothing of the talk goes but a title or a bracket around the data."""
    before, after = talk.split("{}")
    rest = re.sub(f"^{TITLE}", "", after)
    wanted = rf"{re.escape(before)}[（(]?{LABELS}{TITLE}[)）\ufe0f\u20e3]*{re.escape(rest)}"
    return re.fullmatch(wanted, scrub(talk.format(way))) is not None


def test_recall_by_kind_is_as_the_page_says() -> None:
    lines = list(adversarial_lines())
    assert len(set(lines)) == len(lines) >= 500
    counted = Counter(kind for kind, _, _ in lines)
    found = Counter(kind for kind, talk, way in lines if hidden(talk, way))
    for kind, count in counted.items():
        assert f"| {kind} | {count} | {found[kind]} | {100 * found[kind] / count:.1f} % |" in PAGE, (kind, found[kind])
    assert f"| all | {len(lines)} | {found.total()} | {100 * found.total() / len(lines):.1f} % |" in PAGE, found.total()
    assert found.total() >= LEAST * len(lines)
