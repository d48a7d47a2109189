"""The catalogue of matters (事项清单): what may be reported, who leads, how fast, when two are one."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

OTHER = "55005"  # 其他: nothing is ever unowned


class Item(Struct, frozen=True, gc=False):
    """One item of the catalogue."""

    code: str  # five digits, the first two are the class
    name: str
    class_code: str
    class_name: str
    domain: str
    lead: str  # sector of the lead unit (主办)
    assist: tuple[str, ...]  # sectors of assisting units (协办)
    level: int  # 1 red, 2 orange, 3 yellow, 4 blue
    limit: str  # time limit: number and m, h (clock), wh, wd (working): 10m, 4h, 5wh, 7wd
    limit_source: str  # where the limit is from, "placeholder" if it must be replaced by the city's own
    channel: str  # usual channel: 110, 12345, grid
    self_handle: bool  # may a grid worker settle it on the spot
    window_s: int  # matching: two reports are at most this many seconds apart
    distance_m: int  # matching: and at most this many metres
    life_safety: bool  # danger to life: always dispatched, never waits
    words: tuple[str, ...] = ()  # words for classification; "a+b" needs both, "-a" forbids
    valid_from: str = ""  # ISO date, "" for always
    valid_to: str = ""
    admitted_by: str = ""  # who admitted a temporary item (准入), which then has an end; "" for the catalogue's own


class Catalogue(Struct, frozen=True, gc=False):
    """All items of one version, and the tables that map each feed's own codes to items."""

    version: str
    items: Mapping[str, Item]  # by item code
    codes: Mapping[str, Mapping[str, str]]  # feed -> source code -> item code; OTHER means "look at the text"
