"""Where the HTTP door shows its OpenAPI page, so that the board can lead there: only where there is a door."""

from __future__ import annotations

import http.client

from streams.config import Door

_PATIENCE_S = 1.0


def door_address(door: Door) -> str:
    """The door's address: the configured public one, else where one answers on this machine; "" for none."""
    if door.public_url:
        return door.public_url.rstrip("/")
    scheme = "https" if door.certificate_file else "http"
    return f"{scheme}://{door.host}:{door.port}" if door.certificate_file or _answers(door) else ""


def _answers(door: Door) -> bool:
    connection = http.client.HTTPConnection(door.host, door.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/openapi.json")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
