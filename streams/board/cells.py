"""Rows of the listings as cells with words and links."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from streams.board.listing import Kind
from streams.board.view import View, clock, count, link, milliseconds, moment, nets, span

Row = Mapping[str, Any]


class Cell(Struct, frozen=True):
    """A text, where it leads, and how it looks (a class of board.css)."""

    text: str
    href: str = ""
    kind: str = ""


#: Titles of the columns, as keys of the words; those whose cells stand to the right.
COLUMNS: Mapping[Kind, Sequence[str]] = {
    "reports": ("time", "feed", "number", "item", "place", "outcome", "incidents", "to_order"),
    "incidents": ("opened", "latest", "number", "item", "place", "reports", "channels", "lead", "due", "state"),
    "orders": ("due", "remaining", "unit", "role", "item", "place", "stage", "incidents"),
    "hand-overs": ("pushed", "remaining", "from", "to", "reason", "item", "place", "incidents"),
    "warnings": ("time", "warnings", "what", "unit", "place", "item", "counted"),
}
RIGHT = frozenset({"reports", "to_order", "remaining", "counted"})


def cells_of(kind: Kind, row: Row, view: View) -> list[Cell]:
    """The cells of a row."""
    return _ROWS[kind](row, view)


def _reports(row: Row, view: View) -> list[Cell]:
    return [
        Cell(moment(row["received_at"])), Cell(view.word(row["feed"])), Cell(row["event_id"], _incident(row)),
        Cell(view.names.item(row["item"])), _area(row, view), Cell(view.word(row["outcome"])), _matter(row),
        Cell(milliseconds(view.language, row["ordered_ms"]), kind="r"),
    ]  # fmt: skip


def _incidents(row: Row, view: View) -> list[Cell]:
    danger = f"{view.word('danger')} " if row["life_safety"] else ""
    late = not row["closed"] and row["due_at"].timestamp() < time.time()
    return [
        Cell(moment(row["opened_at"])), Cell(clock(row["last_at"])), _matter(row),
        Cell(danger + view.names.item(row["item"]), kind="bad" if danger else ""), _area(row, view),
        Cell(count(row["reports"]), f"{_incident(row)}#merged", "r"), Cell(nets(view.language, row["feeds"])),
        Cell(view.names.unit(row["lead"]), link("orders", unit=row["lead"], state="open")),
        Cell(moment(row["due_at"]), kind="bad" if late else ""),
        Cell(view.word("closed" if row["closed"] else "in_hand_state")),
    ]  # fmt: skip


def _orders(row: Row, view: View) -> list[Cell]:
    late = bool(row["is_open"]) and row["due_at"].timestamp() < time.time()
    left = Cell("–", kind="r")
    if row["is_open"]:
        told = span(view.language, row["due_at"].timestamp() - time.time())
        left = Cell(f"{view.word('late_by')} {told}" if late else told, kind="r bad" if late else "r")
    return [
        Cell(moment(row["due_at"])), left,
        Cell(view.names.unit(row["unit"]), link("orders", unit=row["unit"], state="open")),
        Cell(view.word(row["role"])), Cell(view.names.item(row["item"])), _area(row, view),
        Cell(view.word(row["stage"])), _matter(row),
    ]  # fmt: skip


def _hand_overs(row: Row, view: View) -> list[Cell]:
    return [
        Cell(moment(row["pushed_at"])),
        Cell(span(view.language, time.time() - row["pushed_at"].timestamp()), kind="r"),
        Cell(row["from_line"]), Cell(row["to_line"]), Cell(view.reason(row["reason"])),
        Cell(view.names.item(row["item"])), _area(row, view), _matter(row),
    ]  # fmt: skip


def _warnings(row: Row, view: View) -> list[Cell]:
    unit = row["where"] if row["where"] in view.names.units else ""
    rows = link("orders", unit=unit, state="overdue") if unit else link("incidents", area=row["area"], item=row["item"])
    return [
        Cell(moment(row["since"])), Cell(view.word(f"colour{row['shade']}")),
        Cell(view.word(row["about"])), Cell(view.names.unit(unit), rows if unit else ""), _area(row, view),
        Cell(view.names.item(row["item"])), Cell(count(row["seen"]), rows, "r"),
    ]  # fmt: skip


def _area(row: Row, view: View) -> Cell:
    code = row["area"]
    return Cell(view.names.area(code), f"/area/{code[:15]}" if code[:15] in view.names.areas else "")


def _matter(row: Row) -> Cell:
    return Cell(row["incident_id"], _incident(row))


def _incident(row: Row) -> str:
    return link("incident", id=row["incident_id"]) if row["incident_id"] else ""


_ROWS: Mapping[Kind, Callable[[Row, View], list[Cell]]] = {
    "reports": _reports, "incidents": _incidents, "orders": _orders, "hand-overs": _hand_overs, "warnings": _warnings,
}  # fmt: skip
