"""Putting a worker together: every step, what it needs, and which topic it works on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from msgspec import Struct

from streams.city.city import City
from streams.city.secret import read_or_make_key
from streams.config import Settings
from streams.core.accept import Door
from streams.core.caseload import Caseload
from streams.core.classify import Classifier
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.core.wording import Wordings
from streams.flow.all_clears import AllClears
from streams.flow.answers import Answers
from streams.flow.app import App, create_app
from streams.flow.brokers import BrokerUnavailable
from streams.flow.case_telling import Telling
from streams.flow.caseloads import Caseloads
from streams.flow.casework import Casework
from streams.flow.corrections import Corrections, reader
from streams.flow.guard import OnFatal, Step
from streams.flow.hand_overs import HandOvers
from streams.flow.intake import Intake
from streams.flow.lease import Lease
from streams.flow.lookouts import duties
from streams.flow.opinions import Opinions
from streams.flow.progress import caught_up, positions
from streams.flow.publisher import Publisher
from streams.flow.recorder import Recorder
from streams.flow.security import kafka_python_security
from streams.flow.slow_looks import SlowLooks
from streams.flow.state_topic import StateTopic
from streams.flow.topics import (
    ANSWER_TOPICS,
    CASELOAD,
    CASEWORK,
    EVENTS,
    EVENTS_URGENT,
    GRID_ALLCLEARS,
    INCIDENT_CORRECTIONS,
    INCIDENTS,
    LEDGER,
    REPORT_TOPICS,
    SIGNS,
)
from streams.flow.triage import Triage
from streams.flow.watch import Watch
from streams.telemetry.metrics import Metrics
from streams.warehouse.port import Warehouse
from streams.warehouse.writer import Writer
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder
from streams.wire.source import source_at

PAUSE_S = 2.0
log = structlog.get_logger(__name__)


class Parts(Struct, frozen=True):
    """What is there before any step is."""

    settings: Settings
    city: City
    log_id: str  # the Kafka cluster's id
    metrics: Metrics
    tables_ready: asyncio.Event  # set once ClickHouse has our tables


async def assemble(
    stack: AsyncExitStack, parts: Parts, warehouse: Warehouse, on_fatal: OnFatal
) -> App:
    """The application with all its steps; what has to be closed is left to `stack`."""
    settings, city, log_id, metrics = parts.settings, parts.city, parts.log_id, parts.metrics
    kafka = settings.kafka
    key = read_or_make_key(Path(settings.privacy.key_file))
    schemas = source_at(settings.registry.url)
    codec = Codec(schemas)
    on_failure = lambda topic: metrics.send_failures.labels(topic).inc()  # noqa: E731 - a callback, named
    publisher = await stack.enter_async_context(_publishing(Publisher(kafka, on_failure)))
    writer = await stack.enter_async_context(Writer(warehouse, _Inserts(metrics)))
    places, classifier = Places(city.areas.values()), Classifier(city.catalogue)
    router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
    door = Door(city.catalogue, places, classifier, key)
    opinions = await asyncio.to_thread(Opinions, Path(settings.city), city.catalogue, metrics)
    await stack.enter_async_context(opinions.watched())
    intake = Intake(log_id, kafka.partitions, codec, door, opinions, publisher, metrics)
    grids = frozenset(code for code in city.areas if len(code) > 12)
    clears = AllClears(log_id, grids, codec, publisher, intake, kafka.partitions, metrics)
    slow = SlowLooks(warehouse, parts.tables_ready, kafka.partitions)
    watch = Watch(kafka, duties(city, kafka, settings.watch), codec, publisher, slow, metrics)
    orders = OrderEncoder(schemas)
    across = HandOvers(city.catalogue.items, codec, publisher)
    casework = Casework(kafka.partitions, publisher)
    new_desk = partial(Desk, city.catalogue, router, Wordings(city.areas.values()))
    lease = Lease(kafka)
    incidents, cases = (StateTopic(kafka, topic, publisher, lease) for topic in (INCIDENTS, CASELOAD))
    triage = Triage(log_id, new_desk, incidents, orders, publisher, intake, across, casework, metrics, watch.decided)
    read = reader(kafka.bootstrap, kafka_python_security(kafka))
    corrections = Corrections(log_id, kafka.partitions, codec, door, opinions, publisher, triage, read)
    limits = {item.code: item.limit for item in city.catalogue.items.values()}
    telling = Telling(log_id, city.units, codec, orders, publisher, across, intake, metrics)
    new_caseload = lambda: Caseload(limits, city.units, city.is_workday)  # noqa: E731 - a factory, named
    caseloads = Caseloads(new_caseload, cases, telling, metrics)
    answers = Answers(log_id, city.units, codec, casework, intake)
    steps: dict[str, tuple[str, Step]] = dict.fromkeys(REPORT_TOPICS, ("intake", watch.listening(intake.step)))
    steps |= dict.fromkeys((EVENTS_URGENT, EVENTS), ("triage", triage.step))
    steps[GRID_ALLCLEARS] = ("all_clears", watch.listening(clears.step))
    steps[SIGNS] = ("watch", watch.step)
    steps[INCIDENT_CORRECTIONS] = ("corrections", corrections.step)
    steps |= dict.fromkeys(ANSWER_TOPICS, ("answers", answers.step))
    steps[CASEWORK] = ("casework", caseloads.step)
    steps[LEDGER] = ("recorder", Recorder(writer, parts.tables_ready).step)
    app = create_app(kafka, steps, (triage, caseloads, watch), lease, metrics, on_fatal)
    await stack.enter_async_context(watch.running(lambda: positions(app)))
    await stack.enter_async_context(caseloads.supervising(lambda: caught_up(app, CASEWORK)))
    return app


class _Inserts:
    """Tells the metrics about inserts."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def on_insert(self, table: str, rows: int, seconds: float) -> None:
        self._metrics.insert.labels(table).observe(seconds)
        self._metrics.inserted_rows.labels(table).inc(rows)

    def on_failure(self, table: str) -> None:
        self._metrics.insert_failures.labels(table).inc()


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
