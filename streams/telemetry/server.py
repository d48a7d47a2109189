"""The worker's own HTTP port: /metrics for Prometheus, /healthz and /readyz for whoever supervises it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from aiohttp import web

from streams.telemetry.health import Health
from streams.telemetry.metrics import Metrics

_EXPOSITION = "text/plain; version=0.0.4"


def telemetry_app(metrics: Metrics, health: Health, refresh: Callable[[], None]) -> web.Application:
    """An aiohttp application; `refresh` brings gauges up to date before each exposition."""

    async def exposition(_request: web.Request) -> web.Response:
        refresh()
        return web.Response(body=metrics.exposition(), headers={"Content-Type": _EXPOSITION})

    async def alive(_request: web.Request) -> web.Response:
        stuck = health.stuck(monotonic())
        return web.Response(status=503 if stuck else 200, text="stuck\n" if stuck else "alive\n")

    async def ready(_request: web.Request) -> web.Response:
        missing = health.waiting_for(monotonic())
        text = f"waiting for {', '.join(missing)}\n" if missing else "ready\n"
        return web.Response(status=503 if missing else 200, text=text)

    app = web.Application()
    app.add_routes([web.get("/metrics", exposition), web.get("/healthz", alive), web.get("/readyz", ready)])
    return app
