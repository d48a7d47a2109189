"""Counts what stands open in ClickHouse for the metrics, once a minute, by one worker of the group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from faust.types import TP

from streams.flow.app import App
from streams.flow.topics import EVENTS
from streams.telemetry.metrics import Metrics
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.port import Warehouse
from streams.warehouse.standing import standing

INTERVAL_S = 60.0
FIRST_S = 10.0  # after the start, when partitions are likely assigned
log = structlog.get_logger(__name__)


@asynccontextmanager
async def watch_standing(
    app: App, warehouse: Warehouse, tables_ready: asyncio.Event, metrics: Metrics
) -> AsyncIterator[None]:
    """Keep the gauges up to date while the body runs."""
    task = asyncio.create_task(_watch(app, warehouse, tables_ready, metrics))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(app: App, warehouse: Warehouse, tables_ready: asyncio.Event, metrics: Metrics) -> None:
    await tables_ready.wait()
    await asyncio.sleep(FIRST_S)
    while True:
        mine = app.started and TP(EVENTS, 0) in app.consumer.assignment()
        try:
            counts = await asyncio.to_thread(standing, warehouse) if mine else {}
        except (WarehouseError, WarehouseUnavailable) as error:
            log.warning("cannot count what stands open", error=str(error))
        else:
            metrics.standing.clear()
            for state, count in counts.items():
                metrics.standing.labels(state).set(count)
        await asyncio.sleep(INTERVAL_S)
