"""`sanwang door` and `sanwang push` as a supervisor runs them: TLS, readiness, a clean end, faults in words."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.config import Door, Kafka, Push, Settings
from streams.door.key_file import new_key
from streams.flow.brokers import Broker, TopicSpec
from streams.flow.embedded import EmbeddedBroker
from streams.flow.topics import ALL_TOPICS, HOTLINE_CALLS, ORDERS
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.command import environment, sanwang
from tests.support.door import call
from tests.support.ports import free_port
from tests.support.producing import produce_batch
from tests.support.receiver import SECRET, receiver
from tests.support.records import ORDER
from tests.unit.test_push_endpoints import city_with

UNIT = "GOV"
PATIENCE_S = 40.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker("door-process", tmp_path) as running:
        with Broker(running.servers) as face:
            face.create_topics(TopicSpec(topic, 2) for topic in ALL_TOPICS)
        yield running


@contextmanager
def process(settings: Settings, command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "streams.cli", command], env=environment(settings), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as running:  # fmt: skip
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)


def answered(url: str, context: ssl.SSLContext | None = None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl: apt-get install openssl")
def test_the_door_speaks_tls_and_ends_well(broker: EmbeddedBroker, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    secret = new_key(tmp_path / "door.keys", "tester", ["reports:hotline"], 10)
    door = Door(port=free_port(), keys_file=str(tmp_path / "door.keys"), certificate_file=str(certificate),
                certificate_key_file=str(key))  # fmt: skip
    settings = Settings(city=str(city_with(tmp_path / "city", "")), kafka=Kafka(bootstrap=broker.servers), door=door)
    context = ssl.create_default_context(cafile=str(certificate))
    url = f"https://localhost:{door.port}"
    with process(settings, "door") as running:
        until(lambda: answered(f"{url}/readyz", context))
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{url}/v1/reports", json.dumps(call("T1", caller="13900000001")).encode(),
            {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - loopback
            assert (answer.status, json.load(answer)) == (202, {"id": "hotline:T1"})
        running.send_signal(signal.SIGTERM)
        output, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0
    assert "door open" in output
    assert "13900000001" not in output
    with Broker(broker.servers) as face:
        assert [record.key for record in face.records(HOTLINE_CALLS)] == [b"T1"]


def test_a_certificate_or_keys_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    city = str(city_with(tmp_path / "city", ""))
    settings = Settings(city=city, door=Door(port=0, certificate_file=str(tmp_path / "none.pem")))
    done = sanwang("door", settings=settings)
    assert (done.returncode, "TLS certificate" in done.stderr) == (1, True)
    (tmp_path / "keys").write_text("{")
    done = sanwang("door", settings=Settings(city=city, door=Door(port=0, keys_file=str(tmp_path / "keys"))))
    assert (done.returncode, "keys file" in done.stderr) == (1, True)


async def test_push_brings_orders_and_ends_well(broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with receiver() as department:
        (tmp_path / UNIT).write_text(SECRET)
        settings = Settings(
            city=str(city_with(tmp_path / "city", department.url)), kafka=Kafka(bootstrap=broker.servers),
            push=Push(secrets=str(tmp_path), port=free_port()),
        )  # fmt: skip
        order = Codec(FileSource()).encode("Order", ORDER | {"order_id": f"police:J1/{UNIT}/1", "unit": UNIT})
        await produce_batch(broker.servers, ORDERS, 1, [order], key=UNIT.encode())
        with process(settings, "push") as running:
            await asyncio.to_thread(until, lambda: f"police:J1/{UNIT}/1" in department.orders)
            url = f"http://127.0.0.1:{settings.push.port}"
            assert await asyncio.to_thread(answered, f"{url}/readyz")
            assert await asyncio.to_thread(answered, f"{url}/healthz")
            with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310, ASYNC210 - loopback
                assert f'sanwang_push_orders_total{{outcome="delivered",unit="{UNIT}"}} 1.0' in answer.read().decode()
            running.send_signal(signal.SIGTERM)
            await asyncio.to_thread(running.communicate, timeout=PATIENCE_S)
    assert running.returncode == 0


def test_push_without_endpoints_or_secrets_says_so(tmp_path: Path) -> None:
    plain = sanwang("push", settings=Settings(city=str(city_with(tmp_path / "plain", ""))))
    assert (plain.returncode, "no unit of 示例市 has an endpoint" in plain.stderr) == (1, True)
    settings = Settings(
        city=str(city_with(tmp_path / "city", "https://dept.example/orders")), push=Push(secrets=str(tmp_path))
    )
    done = sanwang("push", settings=settings)
    assert (done.returncode, f"secret of unit {UNIT}" in done.stderr) == (1, True)
