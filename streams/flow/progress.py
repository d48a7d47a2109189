"""Progress of a worker: lag per partition, and whether committed offsets move while there is lag.

Faust's fetcher is known to die or stall after a rebalance or a broker's outage while the process looks alive; this is
what notices, through /healthz, so that the supervisor starts the worker anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import cast

from faust.types import TP

from streams.flow.app import App
from streams.flow.topics import LEDGER, SIGNS
from streams.flow.transport import ChunkConsumer
from streams.telemetry.health import Health
from streams.telemetry.metrics import Metrics

INTERVAL_S = 1.0


@asynccontextmanager
async def watch_progress(app: App, health: Health, metrics: Metrics) -> AsyncIterator[None]:
    """Keep health and the lag gauges up to date while the body runs."""
    task = asyncio.create_task(_watch(app, health, metrics))
    try:
        yield
    finally:
        task.cancel()


def positions(app: App) -> dict[TP, tuple[int, int]]:
    """Per assigned partition: the offset up to which work is done, and the partition's end; none before the start."""
    return dict(cast("ChunkConsumer", app.consumer).progress()) if app.started else {}


def caught_up(app: App, topic: str) -> frozenset[int]:
    """Assigned partitions of a topic whose records have all been worked on, as far as was fetched."""
    return frozenset(
        tp.partition for tp, (done, end) in positions(app).items()
        if tp.topic == topic and done >= end and cast("ChunkConsumer", app.consumer).highwater(tp) is not None
    )  # fmt: skip


async def _watch(app: App, health: Health, metrics: Metrics) -> None:
    last: dict[TP, int] = {}
    shown: set[TP] = set()
    health.progressed_at = monotonic()
    while True:
        await asyncio.sleep(INTERVAL_S)
        known = positions(app)
        health.assigned = bool(known)
        health.recovered = all(keeper.recovered for keeper in app.keepers)
        done = {tp: done for tp, (done, _end) in known.items() if tp.topic != SIGNS}  # its beats never cease
        lags = {tp: max(0, end - done) for tp, (done, end) in known.items()}
        # Without ClickHouse the ledger stands still, and starting anew would not help: that is an alert, not a stall.
        health.lag = sum(lag for tp, lag in lags.items() if tp.topic not in (LEDGER, SIGNS))
        if done != last or not health.lag:
            health.progressed_at = monotonic()
        metrics.without_progress.set(monotonic() - health.progressed_at)
        last = done
        for tp in shown - lags.keys():
            metrics.lag.remove(tp.topic, str(tp.partition))
        for tp, lag in lags.items():
            metrics.lag.labels(tp.topic, str(tp.partition)).set(lag)
        shown = set(lags)
