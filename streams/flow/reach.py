"""Whether a broker can be reached at all: said quickly, and in words."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

from streams.errors import SanwangError

PAUSE_SECONDS = 0.02


class BrokerUnavailable(SanwangError):  # noqa: N818 - a state of the world, not a mistake of ours
    """No broker answers, or it went away or turned us down while it was asked."""


def tls(security: Mapping[str, Any]) -> ssl.SSLContext | None:
    """Return the TLS context of kafka-python's settings, or None where they ask for none; raise `SanwangError`."""
    if "SSL" not in str(security.get("security_protocol", "")):
        return None
    try:
        context = ssl.create_default_context(cafile=security.get("ssl_cafile"))
        context.check_hostname = bool(security.get("ssl_check_hostname", True))
        if security.get("ssl_certfile"):
            context.load_cert_chain(
                security["ssl_certfile"], security.get("ssl_keyfile"), security.get("ssl_password")
            )
    except OSError as error:
        raise SanwangError(f"the Kafka broker's TLS files cannot be used: {error}") from None
    return context


def reach(servers: str, seconds: float, context: ssl.SSLContext | None = None) -> str:
    """Return the first of `servers` (`host:port`, joined by commas) that takes a connection, with TLS if asked for.

    One that never answers leaves the others their share of the time. Raises `BrokerUnavailable` after `seconds`, and
    `SanwangError` where `servers` cannot be read.
    """
    places = {server.strip(): _place(server.strip()) for server in servers.split(",")}
    deadline = time.monotonic() + seconds
    while True:
        reasons = []
        for asked, (server, place) in enumerate(places.items()):
            patience = (deadline - time.monotonic()) / (len(places) - asked)
            reason = _refusal(place, max(0.1, patience), context)
            if not reason:
                return server
            reasons.append(reason)
        if time.monotonic() >= deadline:
            raise BrokerUnavailable(f"no Kafka broker answers at {servers} ({'; '.join(reasons)}): is it running?")
        time.sleep(PAUSE_SECONDS)


def _place(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise SanwangError(f"broker address {server!r} is not of the form host:port")
    return host.strip("[]"), int(port)


def _refusal(place: tuple[str, int], seconds: float, context: ssl.SSLContext | None) -> str:
    try:
        with socket.create_connection(place, timeout=seconds) as plain:
            if context is not None:
                context.wrap_socket(plain, server_hostname=place[0]).close()
            return ""
    except ssl.SSLError as error:
        return f"TLS: {getattr(error, 'verify_message', '') or error.reason}"
    except TimeoutError:
        return "no answer" if context is None else "no answer to TLS"
    except OSError as error:
        return error.strerror or str(error)
