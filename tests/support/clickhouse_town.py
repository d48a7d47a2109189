"""A cluster of ClickHouse servers on this machine: two shards, the first with two replicas, and ZooKeeper."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.flow.child import tied
from tests.support import clickhouse_server as one
from tests.support import kafka_libs
from tests.support.ports import free_port

POM = Path(__file__).parent / "zookeeper" / "pom.xml"
START_SECONDS = 30
_ZOOKEEPER = ("-Dzookeeper.admin.enableServer=false", "-Dzookeeper.4lw.commands.whitelist=srvr")


class Place(NamedTuple):
    """Where a server is in the cluster."""

    shard: int
    replica: str


PLACES = (Place(1, "a"), Place(1, "b"), Place(2, "c"))


class TownServer(one.ClickHouseServer):
    """One server of the cluster, with ports by which the others reach it."""

    def __init__(self, folder: Path, place: Place) -> None:
        self.place, self.exchange_port = place, free_port()
        super().__init__(folder)

    def join(self, servers: list[TownServer], zookeeper: int) -> None:
        """Write down who the others are; before it starts."""
        config = self._folder / "config.xml"
        config.write_text(config.read_text().replace("</yandex>", f"{self._about(servers, zookeeper)}</yandex>"))

    def _about(self, servers: list[TownServer], zookeeper: int) -> str:
        shards = "".join(
            f"<shard><internal_replication>true</internal_replication>{_replicas(servers, shard)}</shard>"
            for shard in sorted({server.place.shard for server in servers})
        )
        return f"""
  <interserver_http_port>{self.exchange_port}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <zookeeper><node><host>127.0.0.1</host><port>{zookeeper}</port></node></zookeeper>
  <remote_servers><town>{shards}</town></remote_servers>
  <macros><shard>{self.place.shard}</shard><replica>{self.place.replica}</replica></macros>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
"""


def _replicas(servers: list[TownServer], shard: int) -> str:
    login = f"<user>writer</user><password>{one.PASSWORD}</password>"
    return "".join(
        f"<replica><host>127.0.0.1</host><port>{server.port}</port>{login}</replica>"
        for server in servers if server.place.shard == shard
    )  # fmt: skip


@contextmanager
def clickhouse_town(folder: Path) -> Iterator[list[TownServer]]:
    """Running servers at PLACES; skips (in CI: fails) where this machine lacks ClickHouse or Java."""
    reason = kafka_libs.missing() or ("" if one.BINARY else one.MISSING)
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with ExitStack() as stack:
        zookeeper = stack.enter_context(_zookeeper(folder / "zookeeper"))
        servers = [TownServer(folder / place.replica, place) for place in PLACES]
        for server in servers:
            server.join(servers, zookeeper)
            stack.enter_context(server)
        yield servers


@contextmanager
def _zookeeper(folder: Path) -> Iterator[int]:
    """The port of a ZooKeeper of its own."""
    folder.mkdir(parents=True)
    port = free_port()
    java = ["java", "-Xmx128m", *_ZOOKEEPER, "-cp", f"{kafka_libs.fetch(POM)}/*"]
    command = [*java, "org.apache.zookeeper.server.ZooKeeperServerMain", str(port), str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(tied(command), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder)
    try:
        ends = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < ends, (folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    """Whether it serves: the port is open before that."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"srvr")
            return b"Mode: " in connection.makefile("rb").read()
    except OSError:
        return False
