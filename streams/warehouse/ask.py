"""Asking ClickHouse's HTTP interface: a server's, or that of the process that owns an embedded warehouse."""

from __future__ import annotations

import base64
import http.client
import ssl
from urllib.parse import urlencode

from streams.warehouse.errors import WarehouseError, WarehouseUnavailable, engine_error
from streams.warehouse.tables import DATABASE

ANSWER_SECONDS = 300
OK = 200


def tls_context(ca_file: str) -> ssl.SSLContext:
    """What trusts the system's authorities, or those of `ca_file`; raises `WarehouseError` for no such file."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise WarehouseError(f"ClickHouse's ca_file {ca_file} cannot be used: {error}") from None


class HttpDoor:
    """One HTTP interface; each `ask` is one connection."""

    def __init__(
        self, host: str, port: int, user: str = "", password: str = "", trust: ssl.SSLContext | None = None
    ) -> None:
        """`trust` asks for TLS, see `tls_context`."""
        self._host = host
        self._port = port
        self._trust = trust
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"} if user else {}

    def ask(self, sql: str, output_format: str) -> bytes:
        """Answer of a statement; raises `WarehouseUnavailable` when nobody answers, else as the engine does."""
        path = "/?" + urlencode({"database": DATABASE, "default_format": output_format})
        connection = self._connection()
        try:
            connection.request("POST", path, body=sql.encode(), headers=self._headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise WarehouseUnavailable(f"no ClickHouse answers HTTP at {self._host}:{self._port}: {error}") from None
        finally:
            connection.close()
        if response.status != OK:
            raise engine_error(body.decode(errors="replace"), f"{self._host}:{self._port}")
        return body

    def _connection(self) -> http.client.HTTPConnection:
        if self._trust is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=ANSWER_SECONDS, context=self._trust)
        return http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_SECONDS)
