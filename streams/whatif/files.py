"""Every difference as a row of a CSV file, for whoever wants to read them one by one."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from streams.core.localtime import from_ms
from streams.errors import SanwangError
from streams.whatif.compare import Difference, Sums
from streams.whatif.names import Names
from streams.whatif.shown import loads_of

_REPORT = ("event_id", "received_at", "kind")
_CLASSES = ("item_before", "name_before", "by_before", "score_before", "item_after", "name_after", "by_after",
            "score_after", "text")  # fmt: skip
_PLACES = ("outcome_before", "reason_before", "area_before", "outcome_after", "reason_after", "area_after")
_INCIDENTS = ("incident_before", "evidence_before", "incident_after", "evidence_after", "text")
_ORDERS = ("incident_id", "item", "lead_before", "assists_before", "urgency_before", "due_before", "rule_before",
           "lead_after", "assists_after", "urgency_after", "due_after", "rule_after")  # fmt: skip
#: File -> its columns after those of the report.
FILES: Mapping[str, Sequence[str]] = {
    "classes.csv": _CLASSES, "places.csv": _PLACES, "incidents.csv": _INCIDENTS, "orders.csv": _ORDERS,
}  # fmt: skip
_FILE_OF: Mapping[str, str] = {
    "class": "classes.csv", "place": "places.csv", "refusal": "places.csv", "merged": "incidents.csv",
    "split": "incidents.csv", "regrouped": "incidents.csv", "ordered": "orders.csv", "lead": "orders.csv",
    "assists": "orders.csv", "due": "orders.csv", "urgency": "orders.csv",
}  # fmt: skip
_FORMULA = ("=", "@", "+", "-")  # what a spreadsheet would take for a formula at the beginning of a text
Write = Callable[[Sequence[Difference]], None]


@contextmanager
def difference_files(folder: Path, names: Names) -> Iterator[Write]:
    """Files for differences in `folder`, made if need be; what it yields writes a batch of them.

    Raises SanwangError if one of the files is there already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        writers = {}
        for name, columns in FILES.items():
            try:
                file = stack.enter_context((folder / name).open("x", encoding="utf-8-sig", newline=""))
            except FileExistsError:
                raise SanwangError(f"{folder / name} is there already: give a folder without it") from None
            writers[name] = csv.writer(file)
            writers[name].writerow((*_REPORT, *columns))

        def write(differences: Sequence[Difference]) -> None:
            for one in differences:
                name = _FILE_OF[one.kind]
                writers[name].writerow([_harmless(cell) for cell in _row(one, name, names)])

        yield write


def write_units(folder: Path, sums: Sums, names: Names) -> None:
    """The load of every unit on both sides as `units.csv`."""
    with (folder / "units.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("unit", "name", "lead_before", "assist_before", "lead_after", "assist_after", "change"))
        for unit, before, after in loads_of(sums):
            change = after.orders - before.orders
            name = _harmless(names.unit(unit))
            writer.writerow((unit, name, before.lead, before.assist, after.lead, after.assist, change))


def _row(one: Difference, file: str, names: Names) -> list[Any]:
    b, a = one.before, one.after
    report = one.asked.report
    begin = [f"{report.feed}:{report.number}", from_ms(one.asked.envelope.received_at), one.kind]
    match file:
        case "classes.csv":
            cells = [cell for t in (b, a) for cell in (t.item, names.item(t.item), t.by, t.score)]
            return [*begin, *cells, a.text]
        case "places.csv":
            reasons = [told.why if told.outcome == "refused" else "" for told in (b, a)]
            return [*begin, b.outcome, reasons[0], b.area, a.outcome, reasons[1], a.area]
        case "incidents.csv":
            return [*begin, b.incident_id, b.why, a.incident_id, a.why, a.text]
    return [
        *begin, a.incident_id, a.item,
        *(cell for t in (b, a) for cell in (t.lead, "|".join(t.assists), t.urgency, from_ms(t.due_at), t.rule)),
    ]  # fmt: skip


def _harmless(cell: Any) -> Any:  # noqa: ANN401 - text or a number
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
