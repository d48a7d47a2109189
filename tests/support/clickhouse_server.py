"""A ClickHouse server of the machine's own (Debian's package), started and stopped by process id.

Debian's release is 18.16. It knows neither DateTime64, Bool, codecs nor (without a setting) LowCardinality, so the
tables on it are reduced: the same names, columns, identities and versions, with plain types, and no views.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

import pytest

from streams.warehouse.migrate import _REMEMBERED, Migration, migrate, our_migrations
from streams.warehouse.server import ServerWarehouse
from streams.warehouse.tables import LEDGER_TABLES, TABLES, Table
from tests.support.certificates import Certificates
from tests.support.ports import free_port

BINARY = shutil.which("clickhouse-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MISSING = "no clickhouse-server on this machine: apt-get install -y clickhouse-server"
PASSWORD = "made-up p@ss/word"  # noqa: S105 - of a server that lives for one test
START_SECONDS = 30
STOP_SECONDS = 20
CONFIG = """
<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http_port}</http_port><tcp_port>{port}</tcp_port>{secured}
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <merge_tree><old_parts_lifetime>10</old_parts_lifetime></merge_tree>
</yandex>
"""
SECURED = """
  <https_port>{https_port}</https_port><tcp_port_secure>{secure_port}</tcp_port_secure>
  <openSSL><server>
    <certificateFile>{certificate}</certificateFile><privateKeyFile>{key}</privateKeyFile>
    <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile>
    <disableProtocols>sslv2,sslv3</disableProtocols>
  </server></openSSL>
"""
USERS = f"""
<yandex>
  <profiles><default/></profiles><quotas><default/></quotas>
  <users><writer><password>{PASSWORD}</password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota></writer></users>
</yandex>
"""
#: Identity and version of each ledger table, as the migrations have them.
IDENTITIES = {
    "events": ("log_id, feed, source_partition, source_offset", "version"),
    "incidents": ("incident_id", "revision"),
    "orders": ("order_id", "revision"),
    "dead_letters": ("log_id, feed, source_partition, source_offset", "revision"),
    "all_clears": ("log_id, source_partition, source_offset", ""),
    "latencies": ("event_id", ""),
    "hand_overs": ("incident_id, from_line, to_line, reason", "revision"),
    "incident_corrections": ("number, event_id", ""),
    "order_steps": ("order_id, number", ""),
    "supervision": ("signal_id", ""),
    "receipts": ("log_id, feed, source_partition, source_offset", ""),
    "warnings": ("warning_id, revision", ""),
    "items": ("code", ""),
    "areas": ("code", ""),
    "units": ("code", ""),
}


class ClickHouseServer:
    """One server in `folder` on ports of its own, which it keeps over stops and starts."""

    def __init__(self, folder: Path, certificates: Certificates | None = None) -> None:
        """With `certificates` it takes TLS too, at `secure_port` and `https_port`."""
        assert BINARY
        self.port, self.http_port = free_port(), free_port()
        self.secure_port, self.https_port = free_port(), free_port()
        self.url = f"clickhouse://writer@127.0.0.1:{self.port}/sanwang"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("data", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(
            port=self.port, http_port=self.http_port, folder=folder, secured=self._secured(certificates)
        )
        (folder / "config.xml").write_text(config)
        (folder / "users.xml").write_text(USERS)

    def _secured(self, certificates: Certificates | None) -> str:
        if certificates is None:
            return ""
        return SECURED.format(
            https_port=self.https_port, secure_port=self.secure_port, certificate=certificates.certificate,
            key=certificates.key,
        )  # fmt: skip

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(BINARY), f"--config-file={self._folder}/config.xml"], stdout=log, stderr=log, cwd=self._folder
            )
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                self.stop()
                pytest.fail(f"clickhouse-server did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Stop it in its tracks: its connections stay, nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        with closing(HTTPConnection("127.0.0.1", self.http_port, timeout=1)) as connection:
            try:
                connection.request("GET", "/ping")
                return connection.getresponse().status == 200
            except OSError:
                return False


def require_server() -> None:
    """Skip (in CI: fail) where the package is missing."""
    if BINARY is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)


@contextmanager
def clickhouse_server(folder: Path) -> Iterator[ClickHouseServer]:
    """A running server; skips (in CI: fails) where the package is missing."""
    require_server()
    with ClickHouseServer(folder) as server:
        yield server


@contextmanager
def server_warehouse(server: ClickHouseServer) -> Iterator[ServerWarehouse]:
    """A warehouse on `server` with the reduced tables, empty."""
    with closing(ServerWarehouse(server.url, PASSWORD, server.http_port)) as warehouse:
        warehouse.execute("DROP DATABASE IF EXISTS sanwang")
        migrate(warehouse, [Migration(1, "0001_reduced.sql", ";\n".join(map(reduced_ddl, LEDGER_TABLES)))])
        yield warehouse


def pretend_migrated(warehouse: ServerWarehouse) -> None:
    """All tables, reduced, and every migration remembered as applied: a worker then starts on this old server."""
    warehouse.execute("CREATE DATABASE IF NOT EXISTS sanwang")
    for table in TABLES.values():
        warehouse.execute(reduced_ddl(table))
    warehouse.execute(_REMEMBERED)
    for known in our_migrations():
        row = f"{known.number}, '{known.file}', '{known.checksum}', now()"
        warehouse.execute(f"INSERT INTO sanwang.migrations SELECT {row}")


def reduced_ddl(table: Table) -> str:
    """CREATE TABLE of a ledger table with the types that the old server knows."""
    identity, version = IDENTITIES[table.name]
    columns = ", ".join(f"{name} {_plain(kind)}" for name, kind in table.columns.items())
    engine = f"ReplacingMergeTree({version})" if version else "ReplacingMergeTree()"
    return f"CREATE TABLE sanwang.{table.name} ({columns}) ENGINE = {engine} PARTITION BY tuple() ORDER BY ({identity})"


def _plain(kind: str) -> str:
    return re.sub(r"DateTime64\([^)]*\)", "Int64", kind).replace("Bool", "UInt8")
