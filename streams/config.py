"""Settings: one TOML file, then SANWANG_* environment variables over it, both checked against the same fields.

`SANWANG_KAFKA_BOOTSTRAP=host:9092` sets `[kafka] bootstrap`; a variable or key that names no field is an error.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import FileFault, SanwangError

PREFIX = "SANWANG_"


class Kafka(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is and how the topics are laid out."""

    bootstrap: str = "127.0.0.1:9092"
    group: str = "sanwang"
    #: Name of this worker in the group, different for each and kept over restarts: one that is back within the session
    #: timeout takes up its partitions again without a rebalance. Empty: a worker that stops leaves at once.
    instance: str = ""
    partitions: int = 4  # of every topic
    replication: int = 1
    rebalance_timeout_s: float = 20.0
    session_timeout_s: float = 10.0
    #: How long a fetch of the urgent lanes may wait at the broker. A partition that was just emptied is fetched again
    #: only when the fetch under way has returned, so this bounds the latency of a quiet feed. Where nothing comes at
    #: all, and where an urgent fetch names every partition, fetches wait longer.
    fetch_wait_ms: int = 10
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    username: str = ""
    password_file: str = ""
    ca_file: str = ""


class ClickHouse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which warehouse: `embedded:FOLDER` (chDB in this process) or `clickhouse://USER@HOST:9000/DATABASE`."""

    url: str = "embedded:.sanwang/clickhouse"
    password_file: str = ""
    ca_file: str = ""  # for clickhouses://: the authority to trust, where the system's do not suffice
    #: Port of ClickHouse's HTTP interface: the server's, or the local one that answers for the embedded engine (0 picks
    #: a free one).
    http_port: int = 8123
    #: Name of a cluster that the server knows: tables are then replicated and sharded over it.
    cluster: str = ""


class Telemetry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where /metrics, /healthz and /readyz answer, and how the log is written."""

    host: str = "127.0.0.1"
    port: int = 8087  # 0 picks a free one
    log_format: str = "json"  # or "console"
    log_level: str = "info"


class Privacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret under which callers are hashed; made at first start if the file is missing."""

    key_file: str = ".sanwang/hash.key"


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many days things are kept; 0 keeps them for ever. The feeds hold what the sources sent, in plain."""

    feeds_days: int = 7  # Kafka: the feeds, and what only passes through
    texts_days: int = 0  # ClickHouse: free text, addresses, callers; the rows stay
    reports_days: int = 0  # events and incidents
    orders_days: int = 0  # orders, their steps, supervision, hand-overs, warnings
    dead_letters_days: int = 90
    figures_days: int = 0  # all-clears and latencies


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Confluent-compatible schema registry; empty: schemas from the package, single-object encoding."""

    url: str = ""


class Board(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the board answers, and who may open it."""

    host: str = "127.0.0.1"
    port: int = 8088
    users_file: str = ".sanwang/board/users.json"  # made at first start, with one admin
    key_file: str = ".sanwang/board/session.key"  # secret under which sessions are signed; made at first start
    https: bool = False  # it is reached through TLS: cookies must not travel without


class Door(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP door (`sanwang door`): where it listens, and how much it takes at once."""

    host: str = "127.0.0.1"
    port: int = 8089  # 0 picks a free one
    keys_file: str = ".sanwang/door.keys"
    #: TLS by the door itself; without them plain HTTP, for the loopback or behind a proxy.
    certificate_file: str = ""
    certificate_key_file: str = ""
    public_url: str = ""  # as clients reach it, where that is not what their own requests say
    confirm_s: float = 5.0  # how long Kafka may take to confirm; then the client is told to send again
    max_body_bytes: int = 4_194_304  # of one request
    max_waiting_bytes: int = 67_108_864  # of all requests that are not answered yet


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders pushed to the endpoints of units (`sanwang push`)."""

    secrets: str = ".sanwang/secrets/push"  # folder with a file UNIT for each unit that has an endpoint
    host: str = "127.0.0.1"  # of /metrics, /healthz, /readyz
    port: int = 8090  # 0 picks a free one
    timeout_s: float = 10.0  # of one request
    give_up_s: float = 86_400.0  # age at which an order that an endpoint never took becomes a dead letter


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Presence and warnings: how often is looked, and how long who may be quiet."""

    look_s: int = 60  # divides an hour; longer than it takes to read the feeds
    cutoff: str = "21:00"  # local time by which every grid should have sent its all-clear
    police_quiet_min: float = 15
    hotline_quiet_min: float = 120
    grid_quiet_min: float = 720
    allclears_quiet_min: float = 1560  # they come once a day
    county_quiet_min: float = 1440


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a process of Sanwang can be told."""

    city: str = ".sanwang/city"
    kafka: Kafka = Kafka()
    clickhouse: ClickHouse = ClickHouse()
    telemetry: Telemetry = Telemetry()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    registry: Registry = Registry()
    board: Board = Board()
    door: Door = Door()
    push: Push = Push()
    watch: Watch = Watch()


def load_settings(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings; raises `FileFault` for a broken file and `SanwangError` for a variable that fits no field."""
    tree = _read_toml(file) if file else {}
    for name, value in sorted((os.environ if environ is None else environ).items()):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            _put(tree, name, value)
    try:
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SanwangError(f"settings: {error}") from None


#: Variables with our prefix that are no fields: where the settings file is, and what tests are told.
NOT_SETTINGS = frozenset({"SANWANG_CONFIG", "SANWANG_SHARED_DATA"})


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise FileFault(str(file), 1, 1, f"cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise FileFault(str(file), line, column, str(error)) from None


def _put(tree: dict[str, Any], name: str, value: str) -> None:
    path = name.removeprefix(PREFIX).lower()
    section, _, field = path.partition("_")
    fields = {f.name: f for f in msgspec.structs.fields(Settings)}
    if path in fields and path == "city":
        tree["city"] = value
    elif section in fields and field:
        tree.setdefault(section, {})[field] = value
    else:
        raise SanwangError(f"environment variable {name} names no setting; sections are {', '.join(sorted(fields))}")


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as SANWANG_* variables, to hand them to a child process."""
    flat: dict[str, str] = {}
    for section, value in msgspec.to_builtins(settings).items():
        if isinstance(value, dict):
            flat.update({f"{PREFIX}{section}_{key}".upper(): str(item) for key, item in value.items()})
        else:
            flat[f"{PREFIX}{section}".upper()] = str(value)
    return flat
