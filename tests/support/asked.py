"""One request over HTTP to a port of this machine."""

from __future__ import annotations

import http.client


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text; status 0 where nobody answers."""
    return _ask(port, "GET", path, None)


def post(port: int, path: str, body: bytes) -> tuple[int, str]:
    """Likewise, with a body."""
    return _ask(port, "POST", path, body)


def _ask(port: int, method: str, path: str, body: bytes | None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()
