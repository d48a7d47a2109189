"""What a broken connection does to aiokafka on uvloop."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

from streams.flow import event_loop


async def _written_to_when_broken(told: list[CloseReason]) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    connection = AIOKafkaConnection(host, port, on_close=lambda _, reason: told.append(reason))
    connection._closed_fut = asyncio.get_running_loop().create_future()
    connection._reader, connection._writer = await asyncio.open_connection(host, port)
    connection._read_task = asyncio.create_task(asyncio.sleep(60))
    try:
        connection._writer.transport.abort()
        await asyncio.sleep(0)
        with pytest.raises(KafkaConnectionError, match=f"{host}:{port} broken"):
            connection.send(ApiVersionRequest())
        assert not connection.connected()
    finally:
        connection.close()
        server.close()
        await asyncio.sleep(0.01)  # transports end in the next turns of the loop


def test_a_write_to_a_connection_that_has_just_broken_is_a_broken_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AIOKafkaConnection, "send", AIOKafkaConnection.send)  # what is installed is taken back
    monkeypatch.setattr(uvloop, "install", lambda: None)
    event_loop.install()
    told: list[CloseReason] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_written_to_when_broken(told))
    assert told == [CloseReason.CONNECTION_BROKEN]  # so that the client asks for metadata again
