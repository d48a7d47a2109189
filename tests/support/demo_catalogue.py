"""The demo city's catalogue read straight from its files, for tests of what stands in them."""

import csv
from pathlib import Path

from streams.core.catalogue import Catalogue, Item
from streams.core.event import FEEDS

FOLDER = Path(__file__).parents[2] / "streams" / "city" / "demo_data"
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one file, cells as they stand."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def catalogue() -> Catalogue:
    """The catalogue with its three code tables."""
    items = {row["code"]: _item(row) for row in rows("catalogue.csv")}
    codes = {feed: {row["code"]: row["item"] for row in rows(f"codes/{feed}.csv")} for feed in FEEDS}
    return Catalogue("demo", items, codes)


def listed(cell: str) -> tuple[str, ...]:
    """The parts of a list in one cell."""
    return tuple(cell.split("|")) if cell else ()


def _item(row: dict[str, str]) -> Item:
    return Item(
        code=row["code"],
        name=row["name"],
        class_code=row["class_code"],
        class_name=row["class_name"],
        domain=row["domain"],
        lead=row["lead"],
        assist=listed(row["assist"]),
        level=int(row["level"]),
        limit=row["limit"],
        limit_source=row["limit_source"],
        channel=row["channel"],
        self_handle=row["self_handle"] == "Y",
        window_s=int(row["window"][:-1]) * _SECONDS[row["window"][-1]],
        distance_m=int(row["distance_m"]),
        life_safety=row["life_safety"] == "Y",
        words=listed(row["words"]),
    )
