"""ClickHouse as a server, through clickhouse-driver: columnar inserts, one connection a thread.

The native protocol knows no output formats, so `raw` asks the same server's HTTP port.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from clickhouse_driver import Client
from clickhouse_driver import errors as driver

from streams.warehouse.ask import HttpDoor, tls_context
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable, engine_error
from streams.warehouse.packed import Packed, columns_of_packed, pack, table_named
from streams.warehouse.port import Row
from streams.warehouse.tables import DATABASE

_PARAMETER = re.compile(r"\{(\w+):[^{}]+\}")
_BROKEN = (OSError, EOFError, driver.NetworkError, driver.SocketTimeoutError, driver.PartiallyConsumedQueryError,
           driver.UnexpectedPacketFromServerError, driver.UnknownPacketFromServerError)  # fmt: skip
CONNECT_SECONDS = 5
ANSWER_SECONDS = 60


class ServerWarehouse:
    """A warehouse at `url`, `clickhouse://USER@HOST:9000/sanwang` (`clickhouses://` for TLS).

    clickhouse-driver's options may follow as a query string. `ca_file` names the authority to trust for TLS, beside the
    system's. Connects when first used; raises `WarehouseError` for a URL that is none and for a file that cannot serve.
    """

    def __init__(self, url: str, password: str = "", http_port: int = 8123, ca_file: str = "") -> None:
        parts = urlsplit(url)
        shown = url.replace(f":{parts.password}@", ":***@")
        if parts.scheme not in ("clickhouse", "clickhouses") or not parts.hostname:
            raise WarehouseError(f"{shown!r} is no warehouse: write clickhouse://USER@HOST:9000/{DATABASE}")
        if parts.path not in ("", "/", f"/{DATABASE}"):
            raise WarehouseError(f"{shown!r}: the database is always named {DATABASE}")
        user = unquote(parts.username or "default")
        self.place = f"{parts.hostname}:{parts.port or 9000}"
        self._url = _driver_url(url, user, password or unquote(parts.password or ""), ca_file)
        trust = tls_context(ca_file) if parts.scheme == "clickhouses" else None
        self._door = HttpDoor(parts.hostname, http_port, user, password or unquote(parts.password or ""), trust)
        self._mine = threading.local()
        self._clients: list[Client] = []
        self._guard = threading.Lock()

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """See `Warehouse.insert`."""
        self.insert_packed(table, pack(table_named(table), rows))

    def insert_packed(self, table: str, packed: Packed) -> None:
        """See `Warehouse.insert_packed`."""
        layout = table_named(table)
        if packed.rows:
            self._run(table, f"{layout.insert} VALUES", columns_of_packed(layout, packed), columnar=True)

    def query(self, sql: str, params: Mapping[str, str | int] | None = None) -> list[tuple[Any, ...]]:
        """See `Warehouse.query`."""
        if params:  # the driver escapes and fills in values itself, which servers of any age understand
            sql = _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))
        answer: list[tuple[Any, ...]] = self._run("warehouse", sql, dict(params) if params else None)
        return answer

    def raw(self, sql: str, output_format: str) -> bytes:
        """See `Warehouse.raw`."""
        return self._door.ask(sql, output_format)

    def execute(self, sql: str) -> None:
        """See `Warehouse.execute`."""
        self._run("warehouse", sql)

    def close(self) -> None:
        """See `Warehouse.close`."""
        with self._guard:
            clients, self._clients = self._clients, []
        for client in clients:
            client.disconnect()

    def _run(self, where: str, sql: str, data: Any = None, **options: bool) -> Any:  # noqa: ANN401 - the driver's own
        client = self._client()
        try:
            return client.execute(sql, data, **options)
        except driver.ServerException as error:
            raise engine_error(str(error), f"{where} at {self.place}") from None
        except _BROKEN as error:
            client.disconnect()  # connects anew when next used
            raise WarehouseUnavailable(f"{where} at {self.place}: no answer: {_first_line(error)}") from None
        except (driver.Error, TypeError, ValueError, struct.error) as error:
            client.disconnect()
            raise WarehouseError(f"{where} at {self.place}: {_first_line(error)}") from None

    def _client(self) -> Client:
        client: Client | None = getattr(self._mine, "client", None)
        if client is None:
            client = self._mine.client = Client.from_url(self._url)
            with self._guard:
                self._clients.append(client)
        return client


def _driver_url(url: str, user: str, password: str, ca_file: str) -> str:
    """The URL with password and time limits; the database is left to the statements, as it may not exist yet."""
    parts = urlsplit(url)
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    limits = f"connect_timeout={CONNECT_SECONDS}&send_receive_timeout={ANSWER_SECONDS}&client_name={DATABASE}"
    trust = f"ca_certs={quote(ca_file, safe='/')}" if ca_file else ""
    return urlunsplit((parts.scheme, netloc, "/default", "&".join(filter(None, (limits, trust, parts.query))), ""))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
