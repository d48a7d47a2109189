"""The worker: all that one process needs to take reports in and send orders out, started and stopped in order."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import structlog
from aiohttp import web

from streams.city.city import City
from streams.city.load import load_city
from streams.city.secret import read_or_make_key
from streams.config import Settings
from streams.core.accept import Door
from streams.core.classify import Classifier
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.flow.all_clears import AllClears
from streams.flow.app import App, create_app, run_app
from streams.flow.brokers import Broker, BrokerUnavailable, TopicSpec
from streams.flow.corrections import Corrections, reader
from streams.flow.guard import Step
from streams.flow.hand_overs import HandOvers
from streams.flow.intake import Intake
from streams.flow.lookouts import duties
from streams.flow.opinions import Opinions
from streams.flow.progress import positions, watch_progress
from streams.flow.publisher import Publisher
from streams.flow.recorder import Recorder
from streams.flow.security import kafka_python_security
from streams.flow.slow_looks import SlowLooks
from streams.flow.standing import watch_standing
from streams.flow.topics import (
    ALL_TOPICS,
    EVENTS,
    EVENTS_URGENT,
    GRID_ALLCLEARS,
    INCIDENT_CORRECTIONS,
    LEDGER,
    REPORT_TOPICS,
    SIGNS,
    config_of,
)
from streams.flow.triage import Triage
from streams.flow.watch import Watch
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
from streams.warehouse.writer import Writer
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder
from streams.wire.source import source_at

SWITCH_INTERVAL_S = 0.0005  # the consumer's thread must not wait 5 ms for the interpreter
#: The garbage collector's thresholds. Chunks make many containers and hardly any cycles; with Python's own thresholds a
#: sixth of the time went into looking through the open incidents for garbage that is not there.
COLLECT = (50_000, 20, 100)
PAUSE_S = 2.0
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
            app = await self._assemble(stack, city, warehouse, log_id)
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

    async def _assemble(self, stack: AsyncExitStack, city: City, warehouse: Warehouse, log_id: str) -> App:
        kafka, metrics = self._settings.kafka, self._metrics
        key = read_or_make_key(Path(self._settings.privacy.key_file))
        schemas = source_at(self._settings.registry.url)
        codec = Codec(schemas)
        publisher = await stack.enter_async_context(_publishing(Publisher(kafka, self._on_send_failure)))
        writer = await stack.enter_async_context(Writer(warehouse, _Inserts(metrics)))
        places, classifier = Places(city.areas.values()), Classifier(city.catalogue)
        router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
        door = Door(city.catalogue, places, classifier, key)
        opinions = await asyncio.to_thread(Opinions, Path(self._settings.city), city.catalogue, metrics)
        await stack.enter_async_context(opinions.watched())
        intake = Intake(log_id, kafka.partitions, codec, door, opinions, publisher, metrics)
        grids = frozenset(code for code in city.areas if len(code) > 12)
        clears = AllClears(log_id, grids, codec, publisher, intake, kafka.partitions, metrics)
        slow = SlowLooks(warehouse, self._tables_ready, kafka.partitions)
        watch = Watch(kafka, duties(city, kafka, self._settings.watch), codec, publisher, slow, metrics)
        orders = OrderEncoder(schemas)
        across = HandOvers(city.catalogue.items, codec, publisher)
        new_desk = partial(Desk, city.catalogue, router, Wordings(city.areas.values()))
        triage = Triage(kafka, log_id, new_desk, orders, publisher, intake, across, metrics, watch.decided)
        steps: dict[str, tuple[str, Step]] = dict.fromkeys(REPORT_TOPICS, ("intake", watch.listening(intake.step)))
        steps |= dict.fromkeys((EVENTS_URGENT, EVENTS), ("triage", triage.step))
        read = reader(kafka.bootstrap, kafka_python_security(kafka))
        corrections = Corrections(log_id, kafka.partitions, codec, door, opinions, publisher, triage, read)
        steps[INCIDENT_CORRECTIONS] = ("corrections", corrections.step)
        steps[GRID_ALLCLEARS] = ("all_clears", watch.listening(clears.step))
        steps[SIGNS] = ("watch", watch.step)
        steps[LEDGER] = ("recorder", Recorder(writer, self._tables_ready).step)
        app = create_app(kafka, steps, triage, metrics, self._on_fatal, [watch])
        await stack.enter_async_context(watch.running(lambda: positions(app)))
        return app

    def _on_send_failure(self, topic: str) -> None:
        self._metrics.send_failures.labels(topic).inc()


class _Inserts:
    """Tells the metrics about inserts."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def on_insert(self, table: str, rows: int, seconds: float) -> None:
        self._metrics.insert.labels(table).observe(seconds)
        self._metrics.inserted_rows.labels(table).inc(rows)

    def on_failure(self, table: str) -> None:
        self._metrics.insert_failures.labels(table).inc()


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for a task that may be in the middle of a thread's work, which cannot be cut off."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _publishing(publisher: Publisher) -> AsyncIterator[Publisher]:
    try:
        while True:
            try:
                await publisher.start()
                break
            except BrokerUnavailable as error:  # it answered a moment ago
                log.warning("no broker any more", error=str(error), retry_s=PAUSE_S)
                await asyncio.sleep(PAUSE_S)
        yield publisher
    finally:
        await publisher.stop()
