"""A long outage of ClickHouse: orders go out all the while, memory stays, and afterwards everything is there."""

from __future__ import annotations

import time
from itertools import pairwise

import msgspec

from faults.load import Load, items_of
from faults.recount import Recount, Verdict
from faults.round import Feeding, memory_mb, wait_closed, wait_told
from faults.stack import Stack
from streams.flow.brokers import Broker
from streams.flow.topics import ORDERS
from streams.warehouse.port import Warehouse

RATE = 300.0
PARTS = 4  # the outage is looked at in so many parts
AFTER_S = 2.0  # of load with ClickHouse back


class Outage(msgspec.Struct, frozen=True):
    """What came of it."""

    seconds: float
    orders: list[int]  # sent in each part of the outage
    memory_mb: list[int]  # of the largest worker, before, then after each part
    drained_s: float  # from ClickHouse's return to the closed account
    verdict: Verdict


def play_outage(stack: Stack, recount: Recount, warehouse: Warehouse, seconds: float, seed: int) -> Outage:
    """Take ClickHouse away for `seconds` under load, and recount afterwards."""
    load = Load(records=int((seconds + AFTER_S) * RATE), rate=RATE)
    items = items_of(load, stack.city, seed, 0)
    sent, memory = [_orders(stack)], [_memory(stack)]
    stack.clickhouse.kill()
    with Feeding(stack.kafka.servers, items, 0) as feeding:
        for _ in range(PARTS):
            time.sleep(seconds / PARTS)
            sent.append(_orders(stack))
            memory.append(_memory(stack))
        stack.clickhouse.start()
        back = time.monotonic()
        feeding.wait()
        wait_closed(stack, warehouse)
    drained = time.monotonic() - back
    wait_told(stack)
    verdict = recount.check((item.topic, item.value) for item in items if item.dead)
    orders = [after - before for before, after in pairwise(sent)]
    return Outage(seconds, orders, memory, round(drained, 2), verdict)


def _orders(stack: Stack) -> int:
    with Broker(stack.kafka.servers) as broker:
        return sum(broker.end_offsets([ORDERS]).values())


def _memory(stack: Stack) -> int:
    return max(memory_mb(stack, slot) for slot in stack.workers)
