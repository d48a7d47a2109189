"""Calm days: the ledger of the three zeros (三零台账) of a village, an enterprise or a unit.

Zero accidents, zero cases, zero matters that climbed: days since the last one, the longest run, and every breach. A
matter climbs when it was not solved at the base and went to a unit above. That measures the service that people got,
not those who complained: a breach has a place, an item and a day, never a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from streams.core.area import significant
from streams.core.catalogue import Item

Zero = Literal["accident", "case", "climbed"]
ZEROS: tuple[Zero, ...] = ("accident", "case", "climbed")
#: Domains of the catalogue whose matters are accidents when life is in danger, and classes whose matters are cases.
ACCIDENT_DOMAINS = ("公共安全", "交通出行")
CASE_CLASSES = ("11", "12")


class Breach(Struct, frozen=True, order=True):
    """What ended a run of calm days."""

    day: int  # days since 1970-01-01 in Asia/Shanghai
    zero: Zero
    incident_id: str


class Calm(Struct, frozen=True):
    """How one of the three zeros stands."""

    zero: Zero
    days: int  # whole days since the last breach, or since counting began
    longest: int  # the longest run so far, the present one included
    breaches: tuple[Breach, ...]  # all of them, earliest first


def breach_of(item: Item, *, life_safety: bool) -> Zero | None:
    """Whether an incident of that item is an accident or a case; None for all others."""
    if item.class_code in CASE_CLASSES:
        return "case"
    return "accident" if life_safety and item.domain in ACCIDENT_DOMAINS else None


def climbed(territory: str, new_territory: str) -> bool:
    """Whether an order that went from a unit of one territory to one of another (area codes) went up."""
    lower, upper = significant(territory), significant(new_territory)
    return lower != upper and lower.startswith(upper)


def standing(breaches: Iterable[Breach], began: int, today: int) -> tuple[Calm, ...]:
    """The three zeros as they stand on `today`, counted since the day `began` (both days since 1970-01-01).

    The same incident breaches a zero once, however often it is told.
    """
    known = sorted({b for b in breaches if began <= b.day <= today})
    return tuple(_calm(zero, [b for b in known if b.zero == zero], began, today) for zero in ZEROS)


def _calm(zero: Zero, breaches: list[Breach], began: int, today: int) -> Calm:
    marks = [began, *(b.day for b in breaches), today]
    runs = [later - earlier for earlier, later in pairwise(marks)]
    return Calm(zero, runs[-1], max(runs), tuple(breaches))
