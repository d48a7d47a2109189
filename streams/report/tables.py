"""A report as plain tables of text and numbers, the same for every format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from streams.report.figures import SHARES, Number, Report
from streams.report.words import FIGURES, LABELS, Language

#: Figures that the tables of parts show; the rest is in the overall table only.
SHOWN = ("orders", "responded", "on_time", "solved", "satisfied", "returned", "reworked", "to_result_p50")


class Sheet(Struct, frozen=True):
    """One table: its name, the names of its columns, and rows of words and numbers as text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def title_of(report: Report, language: Language, place: str = "") -> str:
    """The report's heading: what, where, from when to when."""
    labels, period = LABELS[language], report.period
    last = period.end - timedelta(days=1)
    days = f"{period.begin}" if last == period.begin else f"{period.begin} – {last}"
    return f"{place or report.area or labels['city']} · {labels[period.kind]} · {days}"


def sheets_of(report: Report, language: Language) -> list[Sheet]:
    """All tables of a report."""
    labels, names = LABELS[language], FIGURES[language]
    whole = [
        (names[figure], shown(figure, now), shown(figure, report.before[figure]),
         change(figure, now, report.before[figure]))
        for figure, now in report.whole.items()
    ]  # fmt: skip
    columns = [labels[word] for word in ("figure", "now", "before", "change")]
    sheets = [Sheet(labels["whole"], columns, whole)]
    for part, lines in report.parts.items():
        rows = [
            (str(rank), labels.get(line.name, line.name), *(shown(f, line.figures[f]) for f in SHOWN))
            for rank, line in enumerate(lines, start=1)
        ]
        sheets.append(Sheet(labels[part], [labels["rank"], labels[part], *(names[f] for f in SHOWN)], rows))
    columns = [labels[word] for word in ("place", "item", "incidents")]
    recurring = [(one.area_name, one.item_name, str(one.incidents)) for one in report.recurring]
    sheets.append(Sheet(labels["recurring"], columns, recurring))
    return sheets


def shown(figure: str, value: Number) -> str:
    """A figure as people read it: shares in per cent, times with one digit, "–" for what there is not."""
    if value is None:
        return "–"
    if figure in SHARES:
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def change(figure: str, now: Number, before: Number) -> str:
    """How a figure changed: shares in percentage points, the rest in per cent of before."""
    if now is None or before is None:
        return "–"
    if figure in SHARES:
        return f"{(now - before) * 100:+.1f} pp"
    return f"{now / before - 1:+.1%}" if before else "–"
