"""`sanwang push`: the process that brings orders to the endpoints of units."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

from streams.city.load import load_city
from streams.config import Settings
from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerUnavailable, TopicError
from streams.flow.publisher import Publisher
from streams.flow.security import kafka_python_security
from streams.flow.topics import ORDERS
from streams.push.courier import Courier
from streams.push.endpoints import Endpoint, endpoints_of
from streams.push.letters import Letters
from streams.telemetry.door_metrics import PushMetrics
from streams.wire.codec import Codec
from streams.wire.source import source_at

_PAUSE_S = 2.0
_EXPOSITION = "text/plain; version=0.0.4"
log = structlog.get_logger(__name__)


class PushServer:
    """One pusher. Run one: a second one would push everything a second time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = PushMetrics()
        self._couriers: Sequence[Courier] = ()
        self._publisher = Publisher(settings.kafka, lambda _topic: None)

    async def run(self) -> None:
        """Push until SIGTERM or Ctrl-C. Raises SanwangError when no unit has an endpoint, or one has no secret."""
        settings = self._settings
        city = await asyncio.to_thread(load_city, Path(settings.city))
        endpoints = endpoints_of(city.units.values(), Path(settings.push.secrets))
        if not endpoints:
            raise SanwangError(f"no unit of {city.name} has an endpoint: name it in the column endpoint of units.csv")
        working = asyncio.create_task(self._work(endpoints))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, working.cancel)
        try:
            await working
        except asyncio.CancelledError:
            log.info("stopped")

    async def _work(self, endpoints: Sequence[Endpoint]) -> None:
        settings = self._settings
        async with AsyncExitStack() as stack:
            await self._serve(stack)
            log_id, partitions = await self._connected(stack)
            timeout = aiohttp.ClientTimeout(total=settings.push.timeout_s)
            session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            codec = Codec(source_at(settings.registry.url))
            letters = Letters(log_id, self._publisher, codec)
            self._couriers = [
                Courier(settings.kafka, settings.push, partitions, endpoint, session, codec, letters, self._metrics)
                for endpoint in endpoints
            ]
            log.info("pushing", endpoints=len(endpoints))
            async with asyncio.TaskGroup() as tasks:
                for courier in self._couriers:
                    tasks.create_task(courier.run())

    async def _connected(self, stack: AsyncExitStack) -> tuple[str, int]:
        """The cluster's id and the partitions of `orders`, as soon as there are both."""
        stack.push_async_callback(self._publisher.stop)
        while True:
            try:
                found = await asyncio.to_thread(self._look)
                await self._publisher.start()
            except (BrokerUnavailable, TopicError) as error:
                log.warning("no broker yet", error=str(error), retry_s=_PAUSE_S)
                await self._publisher.stop()
                await asyncio.sleep(_PAUSE_S)
            else:
                return found

    def _look(self) -> tuple[str, int]:
        kafka = self._settings.kafka
        with Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker:
            partitions = broker.partitions([ORDERS]).get(ORDERS, 0)
            if not partitions:
                raise TopicError(f"no topic {ORDERS} yet: a worker makes it")
            return broker.cluster_id(), partitions

    async def _serve(self, stack: AsyncExitStack) -> None:
        """/metrics, /healthz and /readyz."""

        async def exposition(_request: web.Request) -> web.Response:
            for courier in self._couriers:
                courier.refresh()
            return web.Response(body=self._metrics.exposition(), headers={"Content-Type": _EXPOSITION})

        async def alive(_request: web.Request) -> web.Response:
            return web.Response(text="alive\n")

        async def ready(_request: web.Request) -> web.Response:
            text = "ready\n" if self._couriers else "waiting for kafka\n"
            return web.Response(text=text, status=200 if self._couriers else 503)

        app = web.Application()
        app.add_routes([web.get("/metrics", exposition), web.get("/healthz", alive), web.get("/readyz", ready)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self._settings.push.host, self._settings.push.port).start()
