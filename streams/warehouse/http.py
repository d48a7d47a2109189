"""ClickHouse's HTTP interface over the embedded engine: curl, clickhouse-connect and Grafana use it as a server.

Only for this machine: it binds loopback, answers under loopback names only, and turns away what another site's page
makes a browser send. As with ClickHouse, GET cannot change anything.
"""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from ipaddress import ip_address

import lz4.frame
from aiohttp import web
from aiohttp.typedefs import Handler

from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.http_query import CONTENT_TYPES, HttpQuery, read_query
from streams.warehouse.tables import DATABASE

LOOPBACK = "127.0.0.1"
BODY_BYTES = 256 * 1024 * 1024
#: Queries at once; the writer has a thread of its own beside these.
THREADS = 4
CANNOT_DECOMPRESS = 271
#: Codes of ClickHouse's exceptions to HTTP statuses, as ClickHouse answers them; 500 for all others.
STATUSES = {
    6: 400, 26: 400, 27: 400, 38: 400, 41: 400, 42: 400, 43: 400, 53: 400, 62: 400, 72: 400, 117: 400, 130: 400,
    456: 400, 457: 400, 164: 403, 497: 403, 36: 404, 46: 404, 47: 404, 50: 404, 56: 404, 60: 404, 73: 404, 81: 404,
    115: 404, 159: 408, 271: 400,
}  # fmt: skip


class HttpInterface:
    """Answers for `warehouse` from `start` to `stop`; other processes find the port in the warehouse's folder."""

    def __init__(self, warehouse: EmbeddedWarehouse) -> None:
        self._warehouse = warehouse
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="warehouse-http")
        self._runner: web.AppRunner | None = None
        self._published = False

    async def start(self, port: int, host: str = LOOPBACK) -> int:
        """Listen and return the port (a free one if `port` is 0); raises `WarehouseError` if it is taken."""
        self._runner = web.AppRunner(self.app(), access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.stop()
            raise WarehouseError(f"cannot answer HTTP on {host}:{port}: {error.strerror}") from None
        bound: int = self._runner.addresses[0][1]
        self._warehouse.claim.publish(host, bound)
        self._published = True
        return bound

    async def stop(self) -> None:
        """Stop listening; queries under way are answered first. May be called twice."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        if self._published:
            self._warehouse.claim.withdraw()
            self._published = False
        await asyncio.to_thread(self._threads.shutdown)

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[_only_from_here])
        app.router.add_get("/ping", _ping)
        app.router.add_get("/", self._answer)
        app.router.add_post("/", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        query_id = request.query.get("query_id") or str(uuid.uuid4())
        headers = {"X-ClickHouse-Query-Id": query_id, "X-ClickHouse-Server-Display-Name": DATABASE}
        try:
            query = read_query(request.method, dict(request.query), request.headers, await _body(request))
            if query is None:
                return web.Response(text="Ok.\n")
            body = await asyncio.get_running_loop().run_in_executor(self._threads, self._run, query)
        except (WarehouseError, WarehouseUnavailable) as error:
            headers["X-ClickHouse-Exception-Code"] = str(error.code)
            return web.Response(status=STATUSES.get(error.code, 500), text=f"{error}\n", headers=headers)
        headers["X-ClickHouse-Format"] = query.output_format
        headers["X-ClickHouse-Timezone"] = "UTC"
        headers["Content-Type"] = CONTENT_TYPES.get(query.output_format, "application/octet-stream")
        return web.Response(body=body, headers=headers)

    def _run(self, query: HttpQuery) -> bytes:
        with self._warehouse.session() as session:
            session.ask(f"USE `{query.database}`")
            for name, value in query.settings.items():
                session.ask(f"SET {name} = '{value}'")
            if query.insert is not None:
                session.insert(query.insert, query.input_format, query.data, "insert")
                return b""
            if query.read_only:
                session.ask("SET readonly = 2")
            return session.ask(query.sql, query.output_format, query.params)


async def _body(request: web.Request) -> bytes:
    """The body, unpacked; aiohttp has already unpacked what it knows (gzip, deflate)."""
    body = await request.read()
    if request.headers.get("Content-Encoding") != "lz4":
        return body
    try:
        unpacked: bytes = lz4.frame.decompress(body)
    except RuntimeError as error:
        raise WarehouseError(f"the body is no lz4: {error}", CANNOT_DECOMPRESS) from None
    return unpacked


async def _ping(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


@web.middleware
async def _only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A browser must not be made to ask for a page of elsewhere, nor by a name that somebody points at loopback."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return web.Response(status=HTTPStatus.FORBIDDEN, text="pages of other sites may not ask\n")
    if not _is_address_or_local(request.host):
        return web.Response(status=HTTPStatus.FORBIDDEN, text="ask for localhost or an address\n")
    return await handler(request)


def _is_address_or_local(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost"
    return True
