"""`sanwang door`: the process that listens."""

from __future__ import annotations

import asyncio
import gc
import signal
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

import msgspec
import psutil
import structlog
from aiohttp import web

from streams.city.city import City
from streams.city.load import load_city
from streams.config import Door, Settings
from streams.core.places import Places
from streams.door.answers import answering
from streams.door.confirming import Confirming
from streams.door.gate import Gate
from streams.door.judge import Judge
from streams.door.keyring import KeyRing
from streams.door.limits import Room
from streams.door.open311.asked import Asked
from streams.door.open311.handlers import Open311
from streams.door.open311.services import Services
from streams.door.openapi import document
from streams.door.page import page
from streams.door.version1 import Version1
from streams.errors import SanwangError
from streams.flow.topics import FEED_TOPICS, ORDER_UPDATES
from streams.telemetry.door_metrics import DoorMetrics
from streams.warehouse.asking import Asking
from streams.wire.codec import Codec
from streams.wire.source import source_at

_BACKLOG = 1024
_DRAIN_S = 10.0  # for requests under way when we are told to stop
_EXPOSITION = "text/plain; version=0.0.4"
log = structlog.get_logger(__name__)


class DoorServer:
    """One door. It keeps nothing: several may stand side by side behind a proxy."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or Ctrl-C; requests under way are answered first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        door = self._settings.door
        tls = tls_of(door)
        city = await asyncio.to_thread(load_city, Path(self._settings.city))
        async with AsyncExitStack() as stack:
            metrics = DoorMetrics()
            confirming = confirming_of(self._settings, metrics)
            app = door_app(self._settings, city, confirming, metrics)
            confirming.start()
            stack.push_async_callback(confirming.stop)
            gc.freeze()  # the city is for ever
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=_DRAIN_S)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, door.host, door.port, ssl_context=tls, backlog=_BACKLOG).start()
            log.info("door open", host=door.host, port=runner.addresses[0][1], tls=tls is not None, city=city.name)
            await self._stop.wait()


def confirming_of(settings: Settings, metrics: DoorMetrics) -> Confirming:
    """The door's producer; start and stop it in the loop that serves."""
    return Confirming(
        settings.kafka, (*FEED_TOPICS, ORDER_UPDATES), settings.door.confirm_s,
        lambda topic: metrics.send_failures.labels(topic).inc(),
    )  # fmt: skip


def door_app(settings: Settings, city: City, confirming: Confirming, metrics: DoorMetrics) -> web.Application:
    """The application of a door. Raises SanwangError for a keys file that cannot be read."""
    door = settings.door
    judge = Judge(city, Places(city.areas.values()), Codec(source_at(settings.registry.url)))
    gate = Gate(
        KeyRing(Path(door.keys_file)), judge, confirming, Room(door.max_waiting_bytes), metrics, door.max_body_bytes
    )
    services = Services(city)
    open311 = Open311(gate, services, Asked(Asking(settings.clickhouse), services), city.code, _origin_of(door))
    app = web.Application(middlewares=[answering(metrics)], client_max_size=door.max_body_bytes)
    app.add_routes([*Version1(gate).routes(), *open311.routes(), *_own_routes(gate, door)])
    return app


def tls_of(door: Door) -> ssl.SSLContext | None:
    """The certificate of the settings, None for plain HTTP. Raises SanwangError for one that cannot be used."""
    if not door.certificate_file:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(door.certificate_file, door.certificate_key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise SanwangError(f"TLS certificate {door.certificate_file}: {error}") from None
    return context


def _origin_of(door: Door) -> Callable[[web.Request], str]:
    return lambda request: door.public_url.rstrip("/") or str(request.url.origin())


def _own_routes(gate: Gate, door: Door) -> list[web.RouteDef]:
    told = document(version("sanwang"), door.max_body_bytes)
    machine, human = msgspec.json.encode(told), page(told)

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=machine, content_type="application/json")

    async def shown(_request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return web.Response(text=human, content_type="text/html", headers=headers)

    async def exposition(_request: web.Request) -> web.Response:
        gate.metrics.waiting_bytes.set(gate.room.taken)
        gate.metrics.memory.set(psutil.Process().memory_info().rss)
        return web.Response(body=gate.metrics.exposition(), headers={"Content-Type": _EXPOSITION})

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ready\n") if gate.ready else web.Response(status=503, text="waiting for kafka\n")

    return [web.get("/", shown), web.get("/openapi.json", openapi), web.get("/metrics", exposition),
            web.get("/healthz", alive), web.get("/readyz", ready)]  # fmt: skip
