"""The stack of containers: valid, bounded, without default passwords, and every command of ours runs as it says.

No engine runs here. So each command is started as a process with the variables of the file, its addresses mapped to
this machine's; what an engine adds (networks, limits, users) is checked in the file only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from streams.config import load_settings
from streams.flow.brokers import Broker, TopicSpec
from streams.warehouse.errors import WarehouseError
from streams.warehouse.server import ServerWarehouse
from tests.support import kafka_libs
from tests.support.asked import get
from tests.support.brokers import running
from tests.support.clickhouse_server import clickhouse_server
from tests.support.command import environment
from tests.support.compose import CHECKOUT, CLUSTER, FILE, cluster_variables, environment_of, stack
from tests.support.kafka_server import KafkaServer
from tests.support.ports import free_port
from tests.support.started import required, started

ONE = {"CITY": "/tmp/city"}  # noqa: S108 - only named
LAYOUTS = {"one": ONE, "cluster": ONE | cluster_variables()}
SERVICES: Mapping[str, dict[str, Any]] = stack(ONE)["services"]
LASTING = [name for name in SERVICES if name != "first-start"]
FIRST_START = CHECKOUT / "deploy" / "compose" / "first-start.sh"


@pytest.mark.parametrize("variables", LAYOUTS.values(), ids=LAYOUTS)
def test_the_file_is_valid_by_the_compose_specification(variables: Mapping[str, str]) -> None:
    package = importlib.util.find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    schema = Path(package.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    Draft7Validator(json.loads(schema.read_text("utf-8"))).validate(stack(variables))


@pytest.mark.parametrize("variables", LAYOUTS.values(), ids=LAYOUTS)
def test_compose_itself_reads_the_file(variables: Mapping[str, str]) -> None:
    command = next((c for c in (["docker", "compose"], ["docker-compose"]) if works([*c, "version"])), None)
    if command is None:
        pytest.skip("no Compose here: install docker-compose-v2 or docker-compose")
    chosen = ["--env-file", str(CLUSTER)] if variables is not ONE else []
    done = subprocess.run(
        [*command, *chosen, "--file", str(FILE), "config"], env={"PATH": os.environ["PATH"], **ONE},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"SANWANG_KAFKA_REPLICATION: '{variables.get('KAFKA_REPLICATION', '1')}'" in done.stdout


def works(command: list[str]) -> bool:
    return bool(shutil.which(command[0])) and not subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_bounded_and_confined(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.]*", service["image"])
    assert service["user"] not in ("root", "0", "0:0")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert all(key.endswith("FILE") for key in service.get("environment", {}) if "PASSWORD" in key)


@pytest.mark.parametrize("name", LASTING)
def test_every_service_that_lasts_is_watched_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert service["restart"] == "unless-stopped"


OURS = [name for name in LASTING if SERVICES[name]["image"] == SERVICES["worker"]["image"]]


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_ours_is_one_and_knows_its_variables(name: str) -> None:
    [command] = SERVICES[name]["command"]
    asked = [sys.executable, "-m", "streams.cli", command, "--help"]
    shown = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 0, shown.stderr
    assert load_settings(environ=environment_of(SERVICES[name])).kafka.bootstrap == "kafka:9092"


def test_workers_can_be_many() -> None:
    worker = SERVICES["worker"]
    assert "ports" not in worker
    assert "container_name" not in worker
    assert [volume for volume in worker["volumes"] if not volume.endswith(":ro")] == []


def test_every_volume_is_declared_and_every_file_is_there() -> None:
    declared = set(stack(ONE)["volumes"])
    for layout in LAYOUTS.values():
        for service in stack(layout)["services"].values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    assert (CHECKOUT / source).exists(), source
                else:
                    assert source in declared | {ONE["CITY"]}


def test_only_readers_of_a_secret_mount_it() -> None:
    readers: dict[str, set[str]] = {}
    for name in LASTING:
        for volume in SERVICES[name].get("volumes", []):
            if "-secrets:" in volume:
                assert volume.endswith(":ro")
                readers.setdefault(volume.split(":")[0], set()).add(name)
    assert readers == {
        "worker-secrets": {"worker", "board", "door", "push"}, "clickhouse-secrets": {"clickhouse", "clickhouse-2"},
        "grafana-secrets": {"grafana"}, "push-secrets": {"push"},
    }  # fmt: skip


def test_the_cluster_names_servers_that_the_file_has() -> None:
    services = stack(LAYOUTS["cluster"])["services"]
    tree = ET.parse(CHECKOUT / "deploy" / "clickhouse" / "cluster.xml").getroot()  # noqa: S314 - our own file
    hosts = {host.text for host in tree.iter("host")}
    assert hosts <= set(services)
    variables = cluster_variables()
    [names] = [list(servers) for servers in tree.iter("remote_servers")]
    assert [one.tag for one in names] == [variables["CLICKHOUSE_CLUSTER"]]
    brokers = {server.partition(":")[0] for server in variables["KAFKA_BOOTSTRAP"].split(",")}
    voters = {voter.partition("@")[2].partition(":")[0] for voter in variables["KAFKA_VOTERS"].split(",")}
    assert brokers == voters == {name for name in services if name.startswith("kafka")}
    profiles = {profile for service in services.values() for profile in service.get("profiles", [])}
    assert profiles == {"push", *variables["COMPOSE_PROFILES"].split(",")}


@pytest.mark.parametrize("file", sorted((CHECKOUT / "deploy" / "clickhouse").glob("*.xml")), ids=lambda file: file.name)
def test_configurations_of_clickhouse_are_well_formed(file: Path) -> None:
    assert ET.parse(file).getroot().tag == "clickhouse"  # noqa: S314 - our own file


def first_start(folder: Path) -> str:
    done = subprocess.run(
        ["sh", str(FIRST_START)], env={"PATH": os.environ["PATH"], "SECRETS": str(folder)}, capture_output=True,
        text=True, timeout=30, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_first_start_makes_secrets_and_the_next_leaves_them(tmp_path: Path) -> None:
    assert SERVICES["first-start"]["entrypoint"] == ["sh", "/first-start.sh"]
    assert len(first_start(tmp_path).splitlines()) == 6
    made = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert first_start(tmp_path) == ""
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == made
    names = ("worker/hash.key", "worker/clickhouse_password", "grafana/admin_password", "grafana/clickhouse_password")
    secrets = [made[tmp_path / name] for name in names]
    assert len(set(secrets)) == len(secrets)
    assert min(map(len, secrets)) >= 32
    for name in ("hash.key", "clickhouse_password"):
        assert stat.S_IMODE((tmp_path / "worker" / name).stat().st_mode) == 0o400


def test_clickhouse_gets_digests_of_the_passwords_that_others_use(tmp_path: Path) -> None:
    first_start(tmp_path)
    users = ET.parse(tmp_path / "clickhouse" / "users.xml").getroot().find("users")  # noqa: S314 - made by our script
    assert users is not None
    digests = {user.tag: user.findtext("password_sha256_hex") for user in users}
    assert digests == {
        user: hashlib.sha256((tmp_path / file / "clickhouse_password").read_bytes()).hexdigest()
        for user, file in (("sanwang", "worker"), ("grafana", "grafana"))
    }
    assert not [file for file in (tmp_path / "clickhouse").iterdir()
                if (tmp_path / "worker" / "clickhouse_password").read_text() in file.read_text()]


@pytest.mark.server
def test_a_server_takes_the_users_and_their_rights(tmp_path: Path) -> None:
    first_start(tmp_path)
    with clickhouse_server(tmp_path / "server") as server:
        server.stop()
        shutil.copy(tmp_path / "clickhouse" / "users.xml", tmp_path / "server" / "users.xml")
        server.start()
        for user, folder, right in (("sanwang", "worker", None), ("grafana", "grafana", "readonly mode")):
            url = f"clickhouse://{user}@127.0.0.1:{server.port}/sanwang"
            password = (tmp_path / folder / "clickhouse_password").read_text()
            with closing(ServerWarehouse(url, password)) as warehouse:
                assert warehouse.query("SELECT 1") == [(1,)]
                with pytest.raises(WarehouseError, match=right) if right else nullcontext():
                    warehouse.execute("CREATE DATABASE sanwang")
            with closing(ServerWarehouse(url, "")) as warehouse, pytest.raises(WarehouseError, match="Password"):
                warehouse.query("SELECT 1")


@pytest.mark.kafka
def test_kafka_starts_with_its_variables(tmp_path: Path) -> None:
    if reason := kafka_libs.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with AsInTheFile(tmp_path) as server, Broker(server.servers) as broker:
        broker.create_topics([TopicSpec("probe", 4)])
        assert broker.cluster_id()


class AsInTheFile(KafkaServer):
    """One broker with the settings that its image makes of the service's variables."""

    def _settings(self, node: int) -> dict[str, object]:
        inside, controller = self._ports[node]
        mapped = {"29092": str(free_port()), "9092": str(inside), "9093": str(controller), "9094": str(free_port()),
                  "://:": "://127.0.0.1:", "kafka:": "127.0.0.1:"}  # fmt: skip
        variables = environment_of(SERVICES["kafka"])
        heap, folder = variables.pop("KAFKA_HEAP_OPTS"), variables.pop("KAFKA_LOG_DIRS")
        assert (heap, folder) == ("-Xms512m -Xmx1g", "/var/lib/kafka/data")
        settings: dict[str, object] = {
            name.removeprefix("KAFKA_").lower().replace("_", "."): replaced(value, mapped)
            for name, value in variables.items() if name.startswith("KAFKA_")
        }  # fmt: skip
        return settings | {"log.dirs": self._home(node) / "data"}


@pytest.mark.parametrize("variables", LAYOUTS.values(), ids=LAYOUTS)
def test_the_worker_understands_its_variables(variables: Mapping[str, str]) -> None:
    settings = load_settings(environ=environment_of(stack(variables)["services"]["worker"]))
    assert settings.kafka.replication == int(variables.get("KAFKA_REPLICATION", "1"))
    assert settings.clickhouse.cluster == variables.get("CLICKHOUSE_CLUSTER", "")


def test_the_worker_starts_with_its_command_and_variables(tmp_path: Path, demo_city_folder: Path) -> None:
    (tmp_path / "secrets").mkdir()
    first_start(tmp_path / "secrets")
    worker, port = SERVICES["worker"], free_port()
    with running("embedded", tmp_path / "broker") as broker:
        here = {
            "SANWANG_CITY": str(demo_city_folder), "SANWANG_KAFKA_BOOTSTRAP": broker.servers,
            "SANWANG_CLICKHOUSE_URL": f"embedded:{tmp_path / 'clickhouse'}",
            "SANWANG_CLICKHOUSE_PASSWORD_FILE": str(tmp_path / "secrets/worker/clickhouse_password"),
            "SANWANG_PRIVACY_KEY_FILE": str(tmp_path / "secrets/worker/hash.key"),
        }  # fmt: skip
        variables = environment_of(worker)
        assert here.keys() <= variables.keys()
        # Ports of its own, which each container has to itself.
        ports = {"SANWANG_TELEMETRY_PORT": str(port), "SANWANG_CLICKHOUSE_HTTP_PORT": str(free_port())}
        command = [sys.executable, "-m", "streams.cli", *worker["command"]]
        environ = environment(None) | variables | here | ports | {"SANWANG_KAFKA_REBALANCE_TIMEOUT_S": "2"}
        with started(command, tmp_path / "log", lambda: get(port, "/readyz")[0] == 200, 60, environ):
            check = [part.replace("8087", str(port)) for part in worker["healthcheck"]["test"][1:]]
            assert subprocess.run([sys.executable, *check[1:]], timeout=10, check=False).returncode == 0


def test_alertmanager_starts_with_its_command(tmp_path: Path) -> None:
    binary, port = required("prometheus-alertmanager", "prometheus-alertmanager"), free_port()
    mapped = {"/etc/alertmanager": str(CHECKOUT / "deploy/alertmanager"), "=/alertmanager": f"={tmp_path}",
              "0.0.0.0:9093": f"127.0.0.1:{port}"}  # fmt: skip
    command = [replaced(argument, mapped) for argument in SERVICES["alertmanager"]["command"]]
    with started([binary, *command], tmp_path / "log", lambda: get(port, "/-/ready")[0] == 200):
        status, said = get(port, "/api/v2/status")
        assert status == 200
        assert "receiver: page" in said


def replaced(text: str, mapped: Mapping[str, str]) -> str:
    for old, new in mapped.items():
        text = text.replace(old, new)
    return text


def test_the_image_starts_what_the_services_command() -> None:
    lines = (CHECKOUT / "deploy" / "Dockerfile").read_text("utf-8").splitlines()
    assert 'ENTRYPOINT ["sanwang"]' in lines
    assert SERVICES["worker"]["user"] == "10001:10001"
    assert any("useradd --uid 10001" in line for line in lines)
    assert [shlex.join(SERVICES[name]["command"]) for name in ("worker", "board", "door")] == ["run", "board", "door"]
