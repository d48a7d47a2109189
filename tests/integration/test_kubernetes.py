"""The Kubernetes set: valid by Kubernetes' own schemas, put together by kustomize, and what was meant by it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from streams.config import load_settings
from streams.flow.topics import ALL_TOPICS, LEDGER, REPORT_TOPICS
from tests.support.compose import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))
CUSTOM = {"ScaledObject"}  # of KEDA: no schema of Kubernetes' own
LITERALS = dict(literal.split("=", 1) for literal in KUSTOMIZATION["configMapGenerator"][0]["literals"])


def resources() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in KUSTOMIZATION["resources"]:
        for resource in yaml.safe_load_all((FOLDER / name).read_text("utf-8")):
            kind, own = resource["kind"], resource["metadata"]["name"]
            yield f"{name}:{kind}" if kind != "PersistentVolumeClaim" else f"{name}:{kind}:{own}", resource


RESOURCES = dict(resources())
PODS = {name: one["spec"]["template"]["spec"] for name, one in RESOURCES.items() if "template" in one["spec"]}


@pytest.mark.parametrize("name", [name for name, one in RESOURCES.items() if one["kind"] not in CUSTOM])
def test_every_resource_is_valid_by_the_schemas_of_kubernetes(name: str) -> None:
    assert kubernetes_validate.validate(RESOURCES[name], "1.32", strict=True) == "1.32"


def test_a_misspelt_field_would_be_noticed() -> None:
    wrong = RESOURCES["worker.yaml:PodDisruptionBudget"] | {"spec": {"maxUnavailabel": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.32", strict=True)


def test_every_file_is_part_of_the_set() -> None:
    assert {file.name for file in FOLDER.glob("*.yaml")} == {"kustomization.yaml", *KUSTOMIZATION["resources"]}


def test_kustomize_makes_the_set() -> None:
    command = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    if not shutil.which(command[0]):
        pytest.skip("no kustomize here: install kustomize or kubectl")
    done = subprocess.run([*command, str(FOLDER)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    assert sorted(one["kind"] for one in made) == sorted(["ConfigMap", *(one["kind"] for one in RESOURCES.values())])
    assert {one["metadata"]["namespace"] for one in made} == {"sanwang"}
    for one in made:
        if one["kind"] in ("StatefulSet", "Deployment"):
            [container] = one["spec"]["template"]["spec"]["containers"]
            assert container["image"] == "sanwang:0.1.0"
            assert container["envFrom"][0]["configMapRef"]["name"].startswith("sanwang-")


@pytest.mark.parametrize("name", PODS)
def test_pods_are_confined_probed_and_bounded(name: str) -> None:
    pod = PODS[name]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    assert "memory" in container["resources"]["limits"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    ports = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        [asked] = [how["port"] for kind, how in container[probe].items() if kind in ("httpGet", "tcpSocket")]
        assert asked in ports


@pytest.mark.parametrize("name", ["worker", "board", "door"])
def test_budgets_and_services_select_the_pods(name: str) -> None:
    [controller] = [one for one in RESOURCES.values() if one["metadata"]["name"] == name and "template" in one["spec"]]
    labels = controller["spec"]["template"]["metadata"]["labels"]
    assert controller["spec"]["selector"]["matchLabels"] == labels
    assert RESOURCES[f"{name}.yaml:PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert RESOURCES[f"{name}.yaml:Service"]["spec"]["selector"] == labels


def test_workers_keep_their_names_and_understand_their_settings() -> None:
    [container] = PODS["worker.yaml:StatefulSet"]["containers"]
    [named] = container["env"]
    assert named["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    settings = load_settings(environ=LITERALS | {named["name"]: "worker-0"})
    assert settings.kafka.instance == "worker-0"
    assert settings.kafka.session_timeout_s > PODS["worker.yaml:StatefulSet"]["terminationGracePeriodSeconds"]


def test_workers_scale_with_the_lag_of_topics_that_they_consume() -> None:
    spec = RESOURCES["scaling.yaml:ScaledObject"]["spec"]
    topics = [trigger["metadata"]["topic"] for trigger in spec["triggers"]]
    assert {*REPORT_TOPICS, "events"} == set(topics)
    assert set(topics) < set(ALL_TOPICS) - {LEDGER}
    for trigger in spec["triggers"]:
        assert trigger["metadata"]["bootstrapServers"] == LITERALS["SANWANG_KAFKA_BOOTSTRAP"]
        assert trigger["metadata"]["consumerGroup"] == load_settings(environ={}).kafka.group
    assert spec["maxReplicaCount"] == int(LITERALS["SANWANG_KAFKA_PARTITIONS"])
    assert "replicas" not in RESOURCES["worker.yaml:StatefulSet"]["spec"]


def test_the_secret_has_the_files_that_the_settings_name(tmp_path: Path) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("no kubectl here")
    command = ["sh", str(FOLDER / "secrets.sh"), "--dry-run=client", "--output=yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    secret = yaml.safe_load(done.stdout)
    named = {Path(value).name for value in LITERALS.values() if value.startswith("/secrets/")}
    assert set(secret["data"]) == named
    assert kubernetes_validate.validate(secret, "1.32") == "1.32"
