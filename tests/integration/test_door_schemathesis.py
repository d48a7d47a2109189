"""Every operation of the OpenAPI document, with what schemathesis makes up for it, against a door on a broker."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest
from aiohttp import web

from streams.city.city import City
from streams.config import Door, Settings
from streams.door.key_file import new_key
from streams.door.server import confirming_of, door_app
from streams.telemetry.door_metrics import DoorMetrics
from streams.warehouse.asking import Asking
from tests.contract.test_door_kafka import with_topics
from tests.support.brokers import AnyBroker, running
from tests.support.door import EVERYTHING

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method", "missing_required_header",
)  # fmt: skip
EXAMPLES = 10  # of each operation
PATIENCE_S = 240


class Running:
    """A door in a thread of its own, for a client that is not asynchronous."""

    def __init__(self, broker: AnyBroker, city: City, folder: Path) -> None:
        keys = folder / "door.keys"
        self.key = new_key(keys, "schemathesis", EVERYTHING, 1e6)
        self._settings = Settings(kafka=with_topics(broker), door=Door(keys_file=str(keys)))
        self._city = city
        self._url: Future[str] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> str:
        self._thread.start()
        return self._url.result(30)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._loop.close()

    async def _serve(self) -> None:
        metrics = DoorMetrics()
        confirming = confirming_of(self._settings, metrics)
        confirming.start()
        while not confirming.ready:
            await asyncio.sleep(0.05)
        runner = web.AppRunner(door_app(self._settings, self._city, confirming, metrics), shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._url.set_result(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await self._stop.wait()
        await runner.cleanup()
        await confirming.stop()


def test_every_operation_keeps_to_the_document(
    example_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Asking, "query", lambda *_: [])  # there is a broker, and no warehouse
    with running("embedded", tmp_path / "broker") as broker:
        door = Running(broker, example_city, tmp_path)
        with door as url:
            done = subprocess.run(
                [Path(sys.executable).parent / "schemathesis", "run", f"{url}/openapi.json",
                 "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--seed", "1",
                 "--header", f"Authorization: Bearer {door.key}",
                 "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all", "--no-color"],
                cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert re.search(r"(\d{3,}) generated, \1 passed", done.stdout), done.stdout
