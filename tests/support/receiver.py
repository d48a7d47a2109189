"""A department's endpoint as it should be: checks signature and time, keeps the highest revision of each order."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TOLERANCE_S = 300
SECRET = "whsec_" + base64.b64encode(b"a secret of a unit, 32 bytes at least").decode()


class Receiver:
    """Takes orders; `answer` may say otherwise: it is given the order and how often it has come."""

    def __init__(self, secret: str = SECRET) -> None:
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self.url = ""
        self.orders: dict[str, dict[str, Any]] = {}  # by order id
        self.seen: list[str] = []  # message ids in the order of their coming, tries included
        self.forged = 0
        self.answer: Callable[[dict[str, Any], int], int] = lambda _order, _times: 200
        self.delay_s = 0.0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        message = request.headers["webhook-id"]
        if not self._genuine(request, message, body):
            self.forged += 1
            return web.Response(status=401)
        self.seen.append(message)
        await asyncio.sleep(self.delay_s)
        order = json.loads(body)
        status = self.answer(order, self.seen.count(message))
        known = self.orders.get(order["order_id"])
        if status < 300 and (known is None or known["revision"] < order["revision"]):
            self.orders[order["order_id"]] = order
        return web.Response(status=status)

    def _genuine(self, request: web.Request, message: str, body: bytes) -> bool:
        at = request.headers["webhook-timestamp"]
        if abs(time.time() - int(at)) > TOLERANCE_S:
            return False
        signed = f"{message}.{at}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected, request.headers["webhook-signature"])


@asynccontextmanager
async def receiver(secret: str = SECRET) -> AsyncIterator[Receiver]:
    """A receiver on a free loopback port."""
    taking = Receiver(secret)
    app = web.Application()
    app.add_routes([web.post("/orders", taking.take)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taking.url = f"http://127.0.0.1:{runner.addresses[0][1]}/orders"
    try:
        yield taking
    finally:
        await runner.cleanup()
