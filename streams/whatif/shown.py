"""A comparison as sentences and as plain tables, which `streams.report.render` lays out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from streams.report.tables import Sheet
from streams.report.words import Language
from streams.whatif.compare import Orders, Sums
from streams.whatif.names import Names
from streams.whatif.words import KINDS, LABELS, SAYS

MOST = 20  # lines of a table
_NAMED = 3  # units that the summary names


class Load(Struct):
    """Orders of one unit on one side, revisions not counted."""

    lead: int = 0
    assist: int = 0

    @property
    def orders(self) -> int:
        """All of them."""
        return self.lead + self.assist


def summary(sums: Sums, names: Names, language: Language) -> str:
    """What would differ, in a few sentences."""
    says = SAYS[language]
    before, after = (orders.total() for orders in sums.orders)
    counts = {kind: sums.kinds[kind] for kind in KINDS[language]}
    told = [says["some" if sums.kinds else "none"].format(
        reports=sums.reports, sooner=sums.due_sooner, later=sums.due_later, orders=after - before, **counts
    )]  # fmt: skip
    units = [f"{names.unit(unit)} {change:+,}" for unit, change in _changes(sums)[:_NAMED]]
    if units:
        told.append(says["loads"].format(units="、".join(units) if language == "zh" else ", ".join(units)))
    if sums.recorded:
        items, incidents = sums.same_item / sums.recorded, sums.same_incident / sums.recorded
        told.append(says["recorded"].format(items=items, incidents=incidents))
    return "\n".join(told)


def sheets_of(sums: Sums, names: Names, language: Language) -> list[Sheet]:
    """All tables; those of what does not differ are left out."""
    labels = LABELS[language]
    kinds = [(name, f"{sums.kinds[kind]:,}") for kind, name in KINDS[language].items() if sums.kinds[kind]]
    columns = (labels["before"], labels["after"])
    sheets = [
        Sheet(labels["whole"], (labels["what"], *columns, labels["change"]), _whole(sums, language)),
        Sheet(labels["differences"], (labels["what"], labels["count"]), kinds),
        Sheet(labels["classes"], (*columns, labels["count"]), _moves(sums.classes, names.item)),
        Sheet(labels["leads"], (*columns, labels["count"]), _moves(sums.leads, names.unit)),
        Sheet(labels["loads"], (labels["unit"], *columns, labels["change"], labels["leading"]), _loads(sums, names)),
    ]
    return [sheet for sheet in sheets if sheet.rows]


def loads_of(sums: Sums) -> list[tuple[str, Load, Load]]:
    """Each unit's load before and after, the most changed first."""
    before, after = (_by_unit(orders) for orders in sums.orders)
    units = [(unit, before.get(unit, Load()), after.get(unit, Load())) for unit in before.keys() | after.keys()]
    return sorted(units, key=lambda one: (-abs(one[2].orders - one[1].orders), one[0]))


def _by_unit(orders: Orders) -> dict[str, Load]:
    loads: dict[str, Load] = {}
    for (unit, role), count in orders.items():
        load = loads.setdefault(unit, Load())
        if role == "lead":
            load.lead += count
        else:
            load.assist += count
    return loads


def _changes(sums: Sums) -> list[tuple[str, int]]:
    return [(unit, after.orders - before.orders) for unit, before, after in loads_of(sums)
            if after.orders != before.orders]  # fmt: skip


def _whole(sums: Sums, language: Language) -> list[Sequence[str]]:
    labels = LABELS[language]
    orders = tuple(orders.total() for orders in sums.orders)
    rows = (("reports", (sums.reports, sums.reports)), ("incidents", sums.incidents), ("orders", orders))
    return [(labels[name], f"{one:,}", f"{other:,}", f"{other - one:+,}") for name, (one, other) in rows]


def _moves(moves: Counter[tuple[str, str]], name: Callable[[str], str]) -> list[Sequence[str]]:
    return [(name(one), name(other), f"{count:,}") for (one, other), count in moves.most_common(MOST)]


def _loads(sums: Sums, names: Names) -> list[Sequence[str]]:
    return [
        (names.unit(unit), f"{before.orders:,}", f"{after.orders:,}", f"{after.orders - before.orders:+,}",
         f"{after.lead - before.lead:+,}")
        for unit, before, after in loads_of(sums)[:MOST]
        if (before.lead, before.assist) != (after.lead, after.assist)
    ]  # fmt: skip
