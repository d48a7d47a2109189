"""Apache Kafka behind SASL_SSL with SCRAM and an authority of its own: every client of ours, and no secret in a log."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from streams.city.city import City
from streams.config import Settings, environment_of
from streams.flow.brokers import Broker, BrokerUnavailable
from streams.flow.dead_letter_office import open_letters, replay_letters
from streams.flow.security import kafka_python_security
from tests.support.brokers import require_kafka
from tests.support.certificates import Certificates, make_certificates
from tests.support.feeding import now
from tests.support.kafka_server import KafkaServer, Listener
from tests.support.pipeline import Pipeline, pipeline, send, settings_on, storm
from tests.support.ports import free_port

pytestmark = pytest.mark.kafka
USER, PASSWORD = "sanwang", "made-up-secret-3141592653"
RECORDS = 400


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[str]:
    """Where a broker answers that takes only TLS and SCRAM-SHA-512."""
    require_kafka()
    port = free_port()
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    settings = {
        "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": f"{scram} required;",
        "listener.name.secure.ssl.keystore.type": "PEM",
        "listener.name.secure.ssl.keystore.location": certificates.bundle,
    }
    user = ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]
    listener = Listener("SECURE", [port], [port], "SASL_SSL")
    with KafkaServer(
        tmp_path_factory.mktemp("kafka"), listeners=[listener], settings=settings, format_options=user
    ):
        yield f"127.0.0.1:{port}"


def settings(servers: str, folder: Path, city: Path, certificates: Certificates, password: str = PASSWORD) -> Settings:
    secret = folder / "kafka.secret"
    secret.write_text(f"{password}\n")
    made = settings_on(
        servers, folder, city, security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", username=USER,
        password_file=str(secret), ca_file=str(certificates.authority),
    )  # fmt: skip
    telemetry = msgspec.structs.replace(made.telemetry, log_level="debug")
    return msgspec.structs.replace(made, telemetry=telemetry)


@pytest.fixture(scope="module")
def running(
    secured: str, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory, demo_city_folder: Path
) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("worker")
    with pipeline(settings(secured, folder, demo_city_folder, certificates), folder) as started:
        yield started


def test_worker_sender_and_admin_do_their_work(running: Pipeline, demo_city: City) -> None:
    """Faust's consumer, the publisher, the state's reader, the feeds' sender and the admin client."""
    asyncio.run(send(running.settings, storm(demo_city, 5, RECORDS)))
    account = running.account(60)
    assert account.closed, account
    assert sum(line.received for line in account.lines) >= RECORDS


def test_a_file_is_replayed_and_its_dead_letters_are_sent_again(running: Pipeline, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    call = {"number": "S1", "detail": "路灯不亮", "area_code": "990101001001", "call_time": now()}
    lines = [call, {**call, "number": "S2", "call_time": "never"}]
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    command = [sys.executable, "-m", "streams.cli", "replay", str(file), "--feed", "hotline"]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path), **environment_of(running.settings)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert running.account(60).closed
    letters = [one for one in open_letters(running.settings, "undecodable") if one.feed == "hotline"][:1]
    assert letters, "the storm holds broken records"
    before = _received(running)
    asyncio.run(replay_letters(running.settings, letters))
    assert _received(running) == before + 1
    assert running.account(60).closed


def test_no_log_holds_the_password(running: Pipeline) -> None:
    """After all of the above, at level debug."""
    log = running.worker.log.read_text("utf-8")
    assert "working" in log
    assert PASSWORD not in log


def test_a_wrong_password_and_an_unknown_authority_are_told_and_not_shown(
    secured: str, certificates: Certificates, tmp_path: Path
) -> None:
    wrong = settings(secured, tmp_path, tmp_path, certificates, "made-up-guess-2718").kafka
    with pytest.raises(BrokerUnavailable) as raised, Broker(secured, kafka_python_security(wrong), 5):
        pass
    assert "guess" not in str(raised.value)
    other = make_certificates(tmp_path / "other")
    unknown = settings(secured, tmp_path, tmp_path, other).kafka
    with pytest.raises(BrokerUnavailable, match="TLS: "), Broker(secured, kafka_python_security(unknown), 2):
        pass


def _received(running: Pipeline) -> int:
    return sum(line.received for line in running.account(30).lines)
