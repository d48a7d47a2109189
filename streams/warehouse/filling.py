"""Statements with their parameters written out, for interfaces that take a text and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PARAMETER = re.compile(r"\{(\w+):\w+\}")


def filled(sql: str, params: Mapping[str, str | int]) -> str:
    """A statement with its `{name:Type}` parameters as literals, texts quoted. Raises KeyError for a missing one."""
    return _PARAMETER.sub(lambda found: literal(params[found[1]]), sql)


def literal(value: str | int) -> str:
    """A value as ClickHouse reads it in a statement."""
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
