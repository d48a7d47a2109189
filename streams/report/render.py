"""Tables into what people open: a terminal, Markdown, CSV, a workbook."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.styles import Font
from rich.console import Console
from rich.table import Table

from streams.report.tables import Sheet
from streams.report.words import Format

_MAX_TITLE = 31  # characters of a workbook's sheet name


def render(title: str, sheets: Sequence[Sheet], form: Format) -> bytes:
    """The report in one of the formats; text is UTF-8, CSV with a byte order mark so that spreadsheets see it."""
    match form:
        case "table":
            return _terminal(title, sheets).encode()
        case "md":
            return _markdown(title, sheets).encode()
        case "csv":
            return _csv(title, sheets).encode("utf-8-sig")
        case "xlsx":
            return _workbook(title, sheets)


def _terminal(title: str, sheets: Sequence[Sheet]) -> str:
    console = Console(file=StringIO(), width=160, record=True)
    console.print(title, style="bold")
    for sheet in sheets:
        table = Table(*sheet.columns, title=sheet.title, title_justify="left")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)
    return console.export_text()


def _markdown(title: str, sheets: Sequence[Sheet]) -> str:
    parts = [f"# {title}"]
    for sheet in sheets:
        rows = [sheet.columns, ["---"] * len(sheet.columns), *sheet.rows]
        table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
        parts.append(f"## {sheet.title}\n\n{table}")
    return "\n\n".join(parts) + "\n"


def _csv(title: str, sheets: Sequence[Sheet]) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([title])
    for sheet in sheets:
        writer.writerows([[], [sheet.title], sheet.columns, *(map(_harmless, row) for row in sheet.rows)])
    return out.getvalue()


def _workbook(title: str, sheets: Sequence[Sheet]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.title[:_MAX_TITLE])
        page.append([title])
        page.append(list(sheet.columns))
        for row in sheet.rows:
            page.append([_harmless(cell) for cell in row])
        for cell in (*page[1], *page[2]):
            cell.font = Font(bold=True)
        page.freeze_panes = "A3"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A name that begins like a formula must not become one in somebody's spreadsheet; signed numbers stay."""
    return "'" + cell if cell[:1] in ("=", "@") or (cell[:1] in ("+", "-") and not cell[1:2].isdigit()) else cell
