"""Whether a broker can be reached at all: said quickly, and in words."""

from __future__ import annotations

import socket
import time

from streams.errors import SanwangError

PAUSE_SECONDS = 0.02


class BrokerUnavailable(SanwangError):  # noqa: N818 - a state of the world, not a mistake of ours
    """No broker answers, or it went away or turned us down while it was asked."""


def reach(servers: str, seconds: float) -> None:
    """Return as soon as one of `servers` (`host:port`, joined by commas) takes a connection.

    Raises `BrokerUnavailable` after `seconds`, and `SanwangError` where `servers` cannot be read.
    """
    places = [_place(server) for server in servers.split(",")]
    deadline = time.monotonic() + seconds
    while True:
        reasons = [reason for reason in (_refusal(place, deadline) for place in places) if reason]
        if len(reasons) < len(places):
            return
        if time.monotonic() >= deadline:
            raise BrokerUnavailable(f"no Kafka broker answers at {servers} ({'; '.join(reasons)}): is it running?")
        time.sleep(PAUSE_SECONDS)


def _place(server: str) -> tuple[str, int]:
    host, _, port = server.strip().rpartition(":")
    if not host or not port.isdecimal():
        raise SanwangError(f"broker address {server.strip()!r} is not of the form host:port")
    return host.strip("[]"), int(port)


def _refusal(place: tuple[str, int], deadline: float) -> str:
    try:
        with socket.create_connection(place, timeout=max(0.1, deadline - time.monotonic())):
            return ""
    except OSError as error:
        return error.strerror or str(error)
