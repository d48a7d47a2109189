"""docker-compose.yml as an engine would read it: anchors resolved, variables put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[2]
FILE = CHECKOUT / "docker-compose.yml"
CLUSTER = CHECKOUT / "deploy" / "compose" / "cluster.env"
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


def stack(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file with `variables` in the place of the environment; KeyError for one that must be set."""
    tree: dict[str, Any] = _put_in(yaml.safe_load(FILE.read_text("utf-8")), variables)
    return tree


def _put_in(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _put_in(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_put_in(value, variables) for value in node]
    return _VARIABLE.sub(partial(_value, variables), node) if isinstance(node, str) else node


def _value(variables: Mapping[str, str], found: re.Match[str]) -> str:
    return variables[found[1]] if found[2] == ":?" else variables.get(found[1], found[3] or "")


def cluster_variables() -> dict[str, str]:
    """What cluster.env sets."""
    lines = CLUSTER.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment_of(service: Mapping[str, Any]) -> dict[str, str]:
    """A service's variables as its process gets them."""
    return {name: str(value) for name, value in service["environment"].items()}
