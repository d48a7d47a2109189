"""The worker and the door as processes of their own, as `sanwang run` and `sanwang door` start them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from streams.config import PREFIX, Settings, environment_of
from streams.errors import SanwangError

_ANSWER_S = 3.0
_POLL_S = 0.1
_OK = 200
_LAST_LINES = 8


class WorkerFailedError(SanwangError):
    """The worker does not get ready, or ended by itself."""


class Worker:
    """A worker process that writes its log to `log`; `start` it, and `stop` it whatever happens."""

    command, name, ready = "run", "worker", "/readyz"

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = settings
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of /readyz and /metrics."""
        return self.settings.telemetry.host, self.settings.telemetry.port

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._arguments(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**inherited, **environment_of(self.settings)},
                start_new_session=True,  # the terminal's Ctrl-C is for us: we stop it when the feeds are drained
            )  # fmt: skip

    def _arguments(self) -> list[str]:
        return [sys.executable, "-m", "streams.cli", self.command]

    def wait_ready(self, seconds: float, given_up: Callable[[], bool]) -> None:
        """Return when it says that it is ready, or when nobody waits any more.

        Raises WorkerFailedError when the worker ends before, or takes longer than `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not given_up() and self._get(self.ready)[0] != _OK:
            if not self.alive:
                raise WorkerFailedError(f"the {self.name} ended before it was ready\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise WorkerFailedError(f"the {self.name} is not ready after {seconds:g} s\n{self.last_words()}")
            time.sleep(_POLL_S)

    def metrics(self) -> str:
        """The text of /metrics, "" where there is no answer now."""
        status, text = self._get("/metrics")
        return text if status == _OK else ""

    def stop(self, seconds: float) -> int | None:
        """Ask the process to stop, after `seconds` end it; its exit status, None when it was never started."""
        process = self._process
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return process.returncode

    def last_words(self) -> str:
        """The end of its log, and where that is."""
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines() if self.log.exists() else []
        return "\n".join([*lines[-_LAST_LINES:], f"(all of it: {self.log})"])

    def _get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=_ANSWER_S)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()


class Door(Worker):
    """The door's process."""

    command = name = "door"

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self.settings.door.host, self.settings.door.port


def free_port(preferred: int) -> int:
    """`preferred` on the loopback if it is free, else any free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SanwangError("there is no free port on 127.0.0.1")
