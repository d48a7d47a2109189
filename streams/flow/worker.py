"""The life of a worker process: what it waits for, in which order it starts and stops."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import psutil
import structlog
from aiohttp import web

from streams.city.city import City
from streams.city.load import load_city
from streams.config import Settings
from streams.flow.app import run_app
from streams.flow.assembly import PAUSE_S, Parts, assemble
from streams.flow.brokers import Broker, BrokerUnavailable, TopicSpec
from streams.flow.progress import watch_progress
from streams.flow.security import kafka_python_security
from streams.flow.standing import watch_standing
from streams.flow.topics import ALL_TOPICS, config_of
from streams.telemetry.health import Health
from streams.telemetry.metrics import Metrics
from streams.telemetry.server import telemetry_app
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import WarehouseUnavailable
from streams.warehouse.http import HttpInterface
from streams.warehouse.migrate import migrate
from streams.warehouse.names import load_names
from streams.warehouse.opening import open_warehouse
from streams.warehouse.port import Warehouse
from streams.warehouse.retention import keep_for

SWITCH_INTERVAL_S = 0.0005  # the loop must not wait 5 ms for the interpreter, whatever other threads do
#: The garbage collector's thresholds. Chunks make many containers and hardly any cycles; with Python's own thresholds a
#: sixth of the time went into looking through the open incidents for garbage that is not there.
COLLECT = (10_000, 100, 100)
log = structlog.get_logger(__name__)


class Worker:
    """One worker process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._health = Health()
        self._stop = asyncio.Event()
        self._tables_ready = asyncio.Event()
        self._fatal: BaseException | None = None

    async def run(self) -> int:
        """Work until told to stop; returns the exit status: 0, or 1 after a fault that stopped it."""
        self._catch_signals()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        async with AsyncExitStack() as stack:
            await self._serve_telemetry(stack)
            city = await asyncio.to_thread(load_city, Path(self._settings.city))
            warehouse = await self._open_warehouse(stack, city)
            log_id = await self._prepare_broker()
            if self._stop.is_set():
                return 0
            parts = Parts(self._settings, city, log_id, self._metrics, self._tables_ready)
            app = await assemble(stack, parts, warehouse, self._on_fatal)
            gc.freeze()  # the city is for ever: leave it out of every later collection
            gc.set_threshold(*COLLECT)
            await stack.enter_async_context(watch_progress(app, self._health, self._metrics))
            await stack.enter_async_context(watch_standing(app, warehouse, self._tables_ready, self._metrics))
            log.info("working", log_id=log_id, city=city.name)
            await run_app(app, self._stop)
        return 1 if self._fatal else 0

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)

    async def _on_fatal(self, error: BaseException) -> None:
        self._fatal = error
        self._stop.set()

    async def _serve_telemetry(self, stack: AsyncExitStack) -> None:
        def refresh() -> None:
            self._metrics.memory.set(psutil.Process().memory_info().rss)

        runner = web.AppRunner(telemetry_app(self._metrics, self._health, refresh), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        telemetry = self._settings.telemetry
        await web.TCPSite(runner, telemetry.host, telemetry.port).start()

    async def _open_warehouse(self, stack: AsyncExitStack, city: City) -> Warehouse:
        warehouse = await asyncio.to_thread(open_warehouse, self._settings.clickhouse)
        stack.callback(warehouse.close)
        if isinstance(warehouse, EmbeddedWarehouse):
            await self._migrated(warehouse)  # before anybody may ask; a folder's faults stop us here
            interface = HttpInterface(warehouse)
            log.info("clickhouse http", port=await interface.start(self._settings.clickhouse.http_port))
            stack.push_async_callback(interface.stop)
        preparing = asyncio.create_task(self._prepare_warehouse(warehouse, city))
        stack.push_async_callback(_ended, preparing)
        return warehouse

    async def _prepare_warehouse(self, warehouse: Warehouse, city: City) -> None:
        """Bring the tables and names up to date, beside all else: no order waits for ClickHouse, rows do."""
        catalogue, areas, units = city.catalogue.items.values(), city.areas.values(), city.units.values()
        try:
            while True:
                try:
                    if not isinstance(warehouse, EmbeddedWarehouse):  # whose tables were made before anybody could ask
                        await self._migrated(warehouse)
                    settings = self._settings
                    await asyncio.to_thread(keep_for, warehouse, settings.retention, settings.clickhouse.cluster)
                    await asyncio.to_thread(load_names, warehouse, catalogue, areas, units)
                    break
                except WarehouseUnavailable as error:
                    log.warning("no clickhouse yet", error=str(error), retry_s=PAUSE_S)
                    await asyncio.sleep(PAUSE_S)
        except Exception as error:
            log.exception("clickhouse cannot be used")
            await self._on_fatal(error)
        else:
            self._health.warehouse = True
            self._tables_ready.set()

    async def _migrated(self, warehouse: Warehouse) -> None:
        for applied in await asyncio.to_thread(migrate, warehouse, cluster=self._settings.clickhouse.cluster):
            log.info("migrated", migration=applied.file)

    async def _prepare_broker(self) -> str:
        """Make the topics; returns the cluster's id. Waits as long as no broker answers."""
        while not self._stop.is_set():
            try:
                log_id = await asyncio.to_thread(self._make_topics)
            except BrokerUnavailable as error:
                log.warning("no broker yet", error=str(error), retry_s=PAUSE_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), PAUSE_S)
            else:
                self._health.broker = True
                return log_id
        return ""

    def _make_topics(self) -> str:
        kafka, days = self._settings.kafka, self._settings.retention.feeds_days
        with Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker:
            broker.create_topics(
                TopicSpec(topic, kafka.partitions, kafka.replication, config_of(topic, days)) for topic in ALL_TOPICS
            )
            return broker.cluster_id()


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for a task that may be in the middle of a thread's work, which cannot be cut off."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
