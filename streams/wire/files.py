"""The schemas that Sanwang carries with itself: current ones and every released version.

They stand in the folder `schemas/` of the checkout. `streams/wire/schemas` is a link to it, so that a checkout and an
installed package find them in the same place: beside this module.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from streams.core.event import Feed
from streams.errors import FileFault

BUNDLED = Path(__file__).parent / "schemas"

RECORD_OF_FEED: MappingProxyType[Feed, str] = MappingProxyType(
    {"hotline": "HotlineCall", "police": "PoliceAlert", "grid": "GridReport"}
)

Schema = dict[str, Any]


def read_schema(path: Path) -> Schema:
    """The schema in one file. Raises FileFault when it is missing or no JSON object."""
    try:
        schema = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileFault(str(path), 0, 0, f"cannot read the schema: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise FileFault(str(path), error.lineno, error.colno, f"broken JSON: {error.msg}") from error
    if not isinstance(schema, dict):
        raise FileFault(str(path), 1, 1, "a schema file must hold one record schema")
    return schema


class SchemaFiles:
    """A folder of schemas: `<Record>.avsc` is current, `released/<Record>/v<N>.avsc` are the released versions."""

    def __init__(self, folder: Path = BUNDLED) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Names of all records, sorted."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.avsc")))

    def current(self, name: str) -> Schema:
        """The schema that is written now. Raises FileFault for a name that has no file."""
        return read_schema(self.folder / f"{name}.avsc")

    def released(self, name: str) -> dict[int, Schema]:
        """Released schemas by version number, oldest first."""
        paths = (self.folder / "released" / name).glob("v*.avsc")
        return {version: read_schema(path) for version, path in sorted((int(p.stem[1:]), p) for p in paths)}


@cache
def field_types(name: str) -> MappingProxyType[str, Any]:
    """Avro type of each field of a bundled record's current schema, in its order."""
    schema = SchemaFiles().current(name)
    return MappingProxyType({field["name"]: field["type"] for field in schema["fields"]})
