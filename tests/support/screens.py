"""Many open screens without as many browsers: each opens the page and keeps its live connection, as a browser does."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import socketio

from tests.support.web import Web


@asynccontextmanager
async def open_screens(web: Web, count: int, path: str = "/") -> AsyncIterator[list[int]]:
    """Yields how many updates each screen has had, counted on while they are open."""
    updates = [0] * count
    clients = [await _open(web, path, number, updates) for number in range(count)]
    try:
        yield updates
    finally:
        for client in clients:
            await client.disconnect()


async def _open(web: Web, path: str, number: int, updates: list[int]) -> socketio.AsyncClient:
    page = await asyncio.to_thread(web.get, path)
    client_id = re.search(r'client_id["\': ]+([0-9a-f-]{36})', page.text)
    assert client_id, page.url
    client = socketio.AsyncClient(reconnection=False)

    @client.on("*")
    async def _on_any(_event: str, _data: object) -> None:
        updates[number] += 1

    query = f"client_id={client_id[1]}&next_message_id=0&implicit_handshake=true&tab_id={uuid.uuid4()}"
    url = f"{web.url}?{query}&document_id={uuid.uuid4()}"
    await client.connect(url, socketio_path="/_nicegui_ws/socket.io", transports=["websocket"])
    return client
