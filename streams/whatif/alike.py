"""What two cities have in common, so that it is done once for both: hearing a report, and finding its incident."""

from __future__ import annotations

from msgspec.structs import replace

from streams.city.city import City
from streams.core.catalogue import Item


def heard_alike(one: City, other: City) -> bool:
    """Do both doors make the same event of every report? Models are the caller's to compare."""
    return (
        one.areas == other.areas
        and one.catalogue.codes == other.catalogue.codes
        and _heard(one) == _heard(other)
    )  # fmt: skip


def matched_alike(one: City, other: City) -> bool:
    """Do both desks join the same events? Who is sent, and until when, has no say in that."""
    return heard_alike(one, other) and _windows(one) == _windows(other)


def _heard(city: City) -> list[Item]:
    """The items, in their order, with only what a door looks at."""
    return [
        replace(
            item, lead="", assist=(), limit="m" if item.limit.endswith("m") else "", limit_source="", domain="",
            self_handle=False, window_s=0, distance_m=0, valid_from="", valid_to="", admitted_by="",
        )
        for item in city.catalogue.items.values()
    ]  # fmt: skip


def _windows(city: City) -> list[tuple[str, int, int]]:
    return [(item.code, item.window_s, item.distance_m) for item in city.catalogue.items.values()]
