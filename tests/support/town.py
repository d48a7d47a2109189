"""A made-up town, small enough to read, and events in it: what tests of matching and triage stand on."""

from __future__ import annotations

from typing import Any

from streams.core.area import Area
from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.decision import Route
from streams.core.event import Event
from streams.core.route import Matter

BURST_PIPE, OUTAGE, ACCIDENT, RUBBISH, FIRE = "41001", "41002", "47001", "33001", "21007"
GRID = "990101001001001"
VILLAGE = "990101001001"
NOON = 1_790_000_000_000  # ms UTC, some noon
MINUTE = 60_000


def item(code: str, level: int, window_s: int, distance_m: int, **more: Any) -> Item:
    fields = {
        "name": code,
        "class_code": code[:2],
        "class_name": code[:2],
        "domain": "x",
        "lead": "供水公司",
        "assist": (),
        "limit": "2h",
        "limit_source": "placeholder",
        "channel": "12345",
        "self_handle": False,
        "life_safety": False,
    }
    return Item(code=code, level=level, window_s=window_s, distance_m=distance_m, **{**fields, **more})


ITEMS = {
    i.code: i
    for i in (
        item(BURST_PIPE, 2, 4 * 3600, 500),
        item(OUTAGE, 3, 4 * 3600, 500),
        item(ACCIDENT, 1, 1800, 300, life_safety=True, limit="10m"),
        item(RUBBISH, 4, 86_400, 50, self_handle=True),
        item(FIRE, 1, 7200, 300, life_safety=True, limit="5m"),
        item(OTHER, 4, 86_400, 100),
    )
}
CATALOGUE = Catalogue("1", ITEMS, {})
AREAS = (
    Area("990100000000", "云河市", "city", ""),
    Area("990101000000", "东城区", "county", "990100000000"),
    Area("990101001000", "河口街道", "township", "990101000000"),
    Area(VILLAGE, "渡口社区", "village", "990101001000"),
    Area(GRID, "渡口社区第一网格", "grid", VILLAGE, 114.6, 33.6),
)


class OneDesk:
    """A router that sends each sector's matters to one unit: tests of triage are not tests of routing."""

    def route(self, matter: Matter) -> Route:
        return Route(f"lead-{matter.item}", (f"assist-{matter.item}",), "test", matter.clock_ms + 2 * 3_600_000)


def event(number: str, item_code: str = BURST_PIPE, **changes: Any) -> Event:
    """An event of the hotline at noon in the one grid, unless told otherwise."""
    feed = changes.get("feed", "hotline")
    kind = ITEMS[item_code]
    at = changes.pop("at", NOON)
    fields: dict[str, Any] = {
        "event_id": f"{feed}:{number}",
        "feed": "hotline",
        "source_partition": 0,
        "source_offset": int(number),
        "occurred_at": at,
        "received_at": at,
        "accepted_at": at,
        "replayed": False,
        "area": GRID,
        "placed_by": "code",
        "ambiguous": False,
        "lon": 114.6,
        "lat": 33.6,
        "item": item_code,
        "classified_by": "code",
        "score": 1.0,
        "reasons": (),
        "urgency": kind.level,
        "life_safety": kind.life_safety,
        "parent": "",
        "caller": 0,
        "self_handled": False,
        "text": "人民路水管爆裂，路面大量积水，影响通行",
        "address": "人民路12号",
        "catalogue": "1",
    }
    return Event(**{**fields, **changes})
