"""Apache Kafka in KRaft mode on loopback ports: one node or several, each its own Java process."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Self

from streams.errors import SanwangError
from streams.flow.brokers import Broker
from streams.flow.child import tied
from tests.support.kafka_libs import fetch
from tests.support.ports import free_port

CLUSTER_ID = "SanwangTestCluster0001"
START_SECONDS = 90
#: For tests: quick to start. The second compiler, which these do without, is what a broker under load gains by.
JAVA_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.apache.logging.log4j.level=INFO")


class Listener(NamedTuple):
    """One more way in: where each node listens, and under which port it tells clients to come."""

    name: str
    ports: Sequence[int]
    advertised: Sequence[int]
    protocol: str = "PLAINTEXT"


class KafkaServer:
    """A cluster of `nodes` nodes, numbered from 0; its data and logs are in `folder`. Started on entry.

    `kill(node)` ends a node at once, as a power cut would; `start_node(node)` brings it back with its data. `pause` and
    `resume` are SIGSTOP and SIGCONT. `settings` go over ours, `format_options` to the formatting of the storage.
    """

    kind = "kafka"

    def __init__(
        self, folder: Path, nodes: int = 1, java_options: Sequence[str] = JAVA_OPTIONS, *,
        listeners: Sequence[Listener] = (), settings: Mapping[str, object] = MappingProxyType({}),
        format_options: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._folder = folder
        self._ports = [(free_port(), free_port()) for _ in range(nodes)]
        self._listeners = listeners
        self._extra = settings
        self._format_options = format_options
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._java = ["java", *java_options, "-cp", f"{fetch()}/*"]

    @property
    def servers(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port, _ in self._ports)

    def __enter__(self) -> Self:
        for node in range(len(self._ports)):
            self._format(node)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start every node that is not running and wait until all of them answer."""
        try:
            for node in set(range(len(self._ports))) - self._processes.keys():
                self._launch(node)
            for node in range(len(self._ports)):
                self._wait(node)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every node at once."""
        for node in list(self._processes):
            self.kill(node)

    def kill(self, node: int = 0) -> None:
        """End a node at once; nothing happens when it is not running."""
        process = self._processes.pop(node, None)
        if process is not None:
            process.kill()
            process.wait()

    def pause(self, node: int) -> None:
        """Stop a node in its tracks: its connections stay, nothing answers."""
        self._processes[node].send_signal(signal.SIGSTOP)

    def resume(self, node: int) -> None:
        """Let a paused node go on."""
        self._processes[node].send_signal(signal.SIGCONT)

    def start_node(self, node: int = 0) -> None:
        """Start a killed node again and wait until it answers."""
        self._launch(node)
        self._wait(node)

    def _format(self, node: int) -> None:
        home = self._home(node)
        home.mkdir(parents=True)
        settings = self._settings(node)
        (home / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", "server.properties"]
        command += self._format_options
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=START_SECONDS, check=False)
        if done.returncode:
            raise RuntimeError(f"Kafka cannot format its storage:\n{done.stdout}{done.stderr}")

    def _launch(self, node: int) -> None:
        home = self._home(node)
        with (home / "kafka.log").open("ab") as log:
            self._processes[node] = subprocess.Popen(
                tied([*self._java, "kafka.Kafka", "server.properties"]),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self, node: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        reason = ""
        while time.monotonic() < deadline and self._processes[node].poll() is None:
            try:
                with Broker(f"127.0.0.1:{self._ports[node][0]}", timeout_seconds=1) as broker:
                    broker.cluster_id()
                    return
            except SanwangError as error:
                reason = str(error)
        log = (self._home(node) / "kafka.log").read_text()
        raise RuntimeError(f"Kafka node {node} does not start: {reason}\n{log[-2000:]}")

    def _home(self, node: int) -> Path:
        return self._folder / f"node{node}"

    def _settings(self, node: int) -> dict[str, object]:
        port, controller = self._ports[node]
        nodes = len(self._ports)
        more = [(one.name, one.ports[node], one.advertised[node]) for one in self._listeners]
        protocols = ["CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT"]
        protocols += [f"{one.name}:{one.protocol}" for one in self._listeners]
        voters = ",".join(f"{number}@127.0.0.1:{ports[1]}" for number, ports in enumerate(self._ports))
        return {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join([
                f"PLAINTEXT://127.0.0.1:{port}", f"CONTROLLER://127.0.0.1:{controller}",
                *(f"{name}://127.0.0.1:{bound}" for name, bound, _ in more),
            ]),
            "advertised.listeners": ",".join([
                f"PLAINTEXT://127.0.0.1:{port}", *(f"{name}://127.0.0.1:{told}" for name, _, told in more),
            ]),
            "listener.security.protocol.map": ",".join(protocols),
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self._home(node) / "data",
            "broker.heartbeat.interval.ms": 500,
            "broker.session.timeout.ms": 3000,  # a killed node's partitions move soon
            "auto.create.topics.enable": "false",
            "default.replication.factor": min(nodes, 3),
            "min.insync.replicas": 2 if nodes > 2 else 1,
            "offsets.topic.replication.factor": min(nodes, 3),
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": min(nodes, 3),
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 16_777_216,
            **self._extra,
        }
