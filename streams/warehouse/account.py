"""The account's ClickHouse side: where every record of every feed went, counted by position in the log.

A position is told again after a crash, and a block may be inserted twice; counting distinct positions makes that
invisible. The broker's side (end offsets) is counted elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streams.warehouse.port import Warehouse

#: How the account names the all-clears' topic among the feeds.
ALL_CLEAR_FEED = "allclears"


class Outcomes(NamedTuple):
    """Records of one feed by what became of them."""

    new: int = 0
    linked: int = 0
    redelivered: int = 0
    all_clears: int = 0
    dead_letters: int = 0
    applied: int = 0  # answers: steps of orders, acknowledgements

    @property
    def accounted(self) -> int:
        """Records that left a row."""
        return sum(self)


_EVENTS = """
SELECT feed, outcome, uniqExact(source_partition, source_offset)
FROM sanwang.events FINAL WHERE log_id = {log_id:String} GROUP BY feed, outcome
"""
_ALL_CLEARS = """
SELECT uniqExact(source_partition, source_offset) FROM sanwang.all_clears WHERE log_id = {log_id:String}
"""
_RECEIPTS = """
SELECT feed, outcome, uniqExact(source_partition, source_offset)
FROM sanwang.receipts FINAL WHERE log_id = {log_id:String} GROUP BY feed, outcome
"""
_DEAD_LETTERS = """
SELECT feed, uniqExact(source_partition, source_offset)
FROM sanwang.dead_letters WHERE log_id = {log_id:String} AND feed != 'orders' GROUP BY feed
"""  # orders are no feed: their letters are pushes that a unit's endpoint never took


def received_by_outcome(warehouse: Warehouse, log_id: str) -> Mapping[str, Outcomes]:
    """Outcomes of each feed that has rows of the log `log_id`; all-clears stand under `ALL_CLEAR_FEED`."""
    log = {"log_id": log_id}
    feeds: dict[str, Outcomes] = {}
    for feed, outcome, records in (*warehouse.query(_EVENTS, log), *warehouse.query(_RECEIPTS, log)):
        feeds[feed] = feeds.get(feed, Outcomes())._replace(**{outcome: records})
    for feed, records in warehouse.query(_DEAD_LETTERS, log):
        feeds[feed] = feeds.get(feed, Outcomes())._replace(dead_letters=records)
    [(all_clears,)] = warehouse.query(_ALL_CLEARS, log)
    if all_clears:
        feeds[ALL_CLEAR_FEED] = feeds.get(ALL_CLEAR_FEED, Outcomes())._replace(all_clears=all_clears)
    return feeds
