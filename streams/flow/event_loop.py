"""The event loop of every process that serves: uvloop, and aiokafka's connections made to bear it.

A connection that the broker has just broken takes another write from asyncio and drops it; uvloop raises RuntimeError,
where aiokafka expects an OSError. It ended, without a word, the task that keeps the consumer's metadata up to date, and
when the broker was back the worker never found its coordinator again: it stood still until it was started anew.

Built on the private parts of aiokafka 0.14; tests/unit/test_event_loop.py holds the rule.
"""

from __future__ import annotations

from typing import Any

import uvloop
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def install() -> None:
    """Before the loop is made."""
    uvloop.install()
    AIOKafkaConnection.send = _send_or_break


def _send_or_break(connection: Any, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """aiokafka's `send`; a write that uvloop refuses is a broken connection, as one that the system refuses is."""
    try:
        return _send(connection, request, *args, **kwargs)
    except RuntimeError as error:
        connection.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {connection.host}:{connection.port} broken: {error}") from error
