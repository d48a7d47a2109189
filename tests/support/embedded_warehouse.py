"""Embedded warehouses for tests, and a made-up evening in a made-up county to fill them with.

chDB has one engine a process: close a warehouse before the next one opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from streams.core.area import Area
from streams.core.catalogue import Item
from streams.core.decision import Decision, Incident, Order
from streams.core.event import FEEDS, Event
from streams.core.unit import Unit
from streams.flow.rows import event_row, incident_row, latency_row, order_row
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.migrate import migrate
from streams.warehouse.names import load_names
from streams.warehouse.port import Row, Warehouse

LOG = "log-1"
START = 1_730_451_600_000  # 2024-11-01 17:00:00 in Shanghai
MINUTE = 60_000
AREA = "419901001001"
LIGHT, FIRE = "02001", "09001"
ITEMS = (
    Item(LIGHT, "路灯损坏", "02", "市政设施", "城市管理", "城市管理局", (), 4, "7wd", "placeholder", "12345",
         self_handle=False, window_s=86_400, distance_m=200, life_safety=False),
    Item(FIRE, "火灾", "09", "消防安全", "公共安全", "消防救援支队", ("公安局",), 1, "10m", "placeholder", "110",
         self_handle=False, window_s=3_600, distance_m=500, life_safety=True),
)  # fmt: skip
AREAS = (
    Area("419900000000", "临沅市", "city", ""),
    Area("419901000000", "东沅区", "county", "419900000000", 113.2, 23.1),
    Area("419901001000", "河东街道", "township", "419901000000"),
    Area(AREA, "槐荫社区", "village", "419901001000"),
)
UNITS = (
    Unit("E-CG", "东沅区城市管理局", "department", "城市管理局", "419901000000"),
    Unit("E-XF", "东沅区消防救援大队", "department", "消防救援支队", "419901000000"),
    Unit("E-GA", "东沅区公安分局", "police", "公安局", "419901000000"),
)


@contextmanager
def embedded_warehouse(folder: Path) -> Iterator[EmbeddedWarehouse]:
    """A migrated warehouse in `folder`, closed at the end."""
    with closing(EmbeddedWarehouse(folder)) as warehouse:
        migrate(warehouse)
        yield warehouse


def event(offset: int, **changes: Any) -> Event:
    """The report at `offset` of partition 0 of the hotline, one each minute; `changes` are fields of `Event`."""
    at = START + offset * MINUTE
    fields: dict[str, Any] = {
        "event_id": f"hotline:{offset}", "feed": "hotline", "source_partition": 0, "source_offset": offset,
        "occurred_at": at - 5_000, "received_at": at, "accepted_at": at + 4, "replayed": False, "area": AREA,
        "placed_by": "code", "ambiguous": False, "lon": 113.25, "lat": None, "item": LIGHT, "classified_by": "text",
        "score": 0.5, "reasons": ("路灯", "不亮"), "urgency": 4, "life_safety": False, "parent": "",
        "caller": 2**63 - 1, "self_handled": False, "text": "路灯\t'不亮'\\n", "address": "槐荫路1号", "catalogue": "1",
    }  # fmt: skip
    return Event(**(fields | changes))


def incident(first: Event, **changes: Any) -> Incident:
    """The incident that `first` opened; `changes` are fields of `Incident`."""
    fields: dict[str, Any] = {
        "incident_id": first.event_id, "source_partition": first.source_partition,
        "source_offset": first.source_offset, "caller": first.caller, "item": first.item, "area": first.area,
        "lon": first.lon, "lat": first.lat, "first_at": first.occurred_at, "last_at": first.occurred_at,
        "opened_at": first.clock, "touched": first.clock, "reports": 1, "feeds": 1 << FEEDS.index(first.feed),
        "repeats": 0, "urgency": first.urgency, "life_safety": first.life_safety, "lead": "E-CG", "assists": ("E-GA",),
        "rule": "sector", "due_at": first.clock + 60 * MINUTE, "closed": False, "revision": 1, "text": first.text,
        "address": first.address,
    }  # fmt: skip
    return Incident(**(fields | changes))


def order(of: Incident, cause: Event, unit: str, revision: int = 1) -> Order:
    """The order to `unit` for an incident, sent because of `cause`."""
    return Order(
        f"{of.incident_id}/{unit}/1", of.incident_id, unit, "lead" if unit == of.lead else "assist", 1, revision,
        cause.feed, of.item, of.area, of.lon, of.lat, of.urgency, of.life_safety, of.reports, cause.received_at,
        cause.received_at + 9, of.due_at, of.rule, of.text, of.address,
    )  # fmt: skip


def evening() -> dict[str, list[Row]]:
    """Ledger rows of an evening.

    Offset 0: a dark lamp, new. 1: the same, linked, by the same caller. 2: record 0 delivered again. 3 (police): a
    fire, new, with two orders, the lead's sent again when 4 (grid) is linked to it. 5 (grid): settled on the spot.
    Beside them one dead letter of the police and two all-clears.
    """
    lamp, again, redelivered = event(0), event(1), event(2, event_id="hotline:0")
    fire = event(3, event_id="police:3", feed="police", item=FIRE, urgency=1, life_safety=True)
    smoke = event(4, event_id="grid:4", feed="grid", item=FIRE, urgency=1, life_safety=True)
    settled = event(5, event_id="grid:5", feed="grid", self_handled=True)
    dark = incident(lamp, reports=2, repeats=1, revision=2)
    burning = incident(fire, lead="E-XF", feeds=2)
    burning_more = incident(fire, lead="E-XF", feeds=6, reports=2, revision=2)
    done = incident(settled, closed=True)
    return {
        "events": [
            event_row(LOG, lamp, Decision("new", dark), 0),
            event_row(LOG, again, Decision("linked", dark, repeat=True, reasons=("same caller",)), 1),
            event_row(LOG, redelivered, Decision("redelivered", dark), 2),
            event_row(LOG, fire, Decision("new", burning), 3),
            event_row(LOG, smoke, Decision("linked", burning, reasons=("40 m",)), 4),
            event_row(LOG, settled, Decision("new", done), 5),
        ],
        "incidents": [incident_row(each) for each in (incident(lamp), dark, burning, burning_more, done)],
        "orders": [
            order_row(order(dark, lamp, "E-CG"), dark.opened_at),
            order_row(order(burning, fire, "E-XF"), burning.opened_at),
            order_row(order(burning, fire, "E-GA"), burning.opened_at),
            order_row(order(burning_more, smoke, "E-XF", revision=2), burning_more.opened_at),
        ],
        "dead_letters": [
            (LOG, "police", 0, 9, "undecodable", "no schema", "00ff", "", 0, START, "open", 1),
        ],
        "all_clears": [(LOG, 0, n, f"A{n}", f"{AREA}001", START, START + 50) for n in range(2)],
        "latencies": [
            latency_row(lamp, lamp.received_at + 6, lamp.received_at + 10),
            latency_row(fire, fire.received_at + 6, fire.received_at + 8),
            latency_row(settled, settled.received_at + 6, None),
        ],
    }


def fill(warehouse: Warehouse, times: int = 1) -> None:
    """Write the evening `times` times, and the names."""
    for _ in range(times):
        for table, rows in evening().items():
            warehouse.insert(table, rows)
        load_names(warehouse, ITEMS, AREAS, UNITS)
