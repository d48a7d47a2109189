"""Where the numbers of a period's report lead: to the reports, orders and incidents that were counted."""

from __future__ import annotations

from collections.abc import Sequence

from streams.board.cells import Cell
from streams.board.view import link
from streams.report.figures import REPORT_FIGURES, Part, Report
from streams.report.tables import Sheet

#: How the orders of a part are found: its code under this name in the address.
_PARAMETER: dict[Part, str] = {"unit": "unit", "county": "area", "class": "item", "feed": "feed"}


def linked(report: Report, area: str, sheets: Sequence[Sheet]) -> list[list[list[Cell]]]:
    """The cells of a report's sheets, in the sheets' own order: overall, one for each part, what recurs."""
    period = report.period

    def orders(**more: str) -> str:
        return link("orders", **{"area": area, "since": period.begin, "until": period.end, **more})

    def overall(figure: str) -> list[str]:
        page = "reports" if figure in REPORT_FIGURES else "orders"
        now = link(page, area=area, since=period.begin, until=period.end)
        return ["", now, link(page, area=area, since=period.before.begin, until=period.before.end), ""]

    whole, *parts, recurring = sheets
    return [
        [_cells(row, overall(figure)) for row, figure in zip(whole.rows, report.whole, strict=True)],
        *(
            [_cells(row, _all_numbers(row, orders(**{_PARAMETER[part]: line.code})))
             for row, line in zip(sheet.rows, lines, strict=True)]
            for sheet, (part, lines) in zip(parts, report.parts.items(), strict=True)
        ),
        [_cells(row, ["", "", link("incidents", area=one.area, item=one.item)])
         for row, one in zip(recurring.rows, report.recurring, strict=True)],
    ]  # fmt: skip


def _all_numbers(row: Sequence[str], href: str) -> list[str]:
    """Rank and name lead nowhere, all that follows to the same rows."""
    return ["", "", *[href] * (len(row) - 2)]


def _cells(row: Sequence[str], hrefs: Sequence[str]) -> list[Cell]:
    return [Cell(text, "" if text == "–" else href) for text, href in zip(row, hrefs, strict=True)]
