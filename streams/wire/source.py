"""Where schemas come from: the bundled files alone, or these and a Schema Registry."""

from __future__ import annotations

from typing import Protocol

from streams.errors import RefusedError
from streams.wire.files import Schema, SchemaFiles
from streams.wire.framing import confluent_prefix, single_object_prefix
from streams.wire.registry import Registry


class SchemaSource(Protocol):
    """What the codec asks for."""

    def names(self) -> tuple[str, ...]:
        """Names of all records that can be written and read."""

    def current(self, name: str) -> Schema:
        """The schema that `name` is written with, and read into."""

    def released(self, name: str) -> dict[int, Schema]:
        """Earlier schemas of `name` whose records must stay readable."""

    def prefix(self, name: str) -> bytes:
        """The framing to write before each record of `name`."""

    def by_id(self, schema_id: int) -> Schema:
        """The schema behind a Confluent id. Raises RefusedError("unknown_schema") when there is none."""


class FileSource(SchemaFiles):
    """Bundled files only: writes single-object encoding, knows no Confluent ids."""

    def prefix(self, name: str) -> bytes:
        """Single-object prefix of the current schema."""
        return single_object_prefix(self.current(name))

    def by_id(self, schema_id: int) -> Schema:
        """Always refused: ids mean nothing without a registry."""
        raise RefusedError("unknown_schema", f"schema id {schema_id}, and no schema registry is configured")


class RegistrySource(SchemaFiles):
    """Bundled files and a registry: writes Confluent framing and reads what others registered.

    The current schema is registered under the subject `sanwang.<Record>` (record name strategy) when it is first
    written.
    """

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def prefix(self, name: str) -> bytes:
        """Confluent prefix of the current schema, registering it. Raises RegistryError when that fails."""
        return confluent_prefix(self._registry.register(f"sanwang.{name}", self.current(name)))

    def by_id(self, schema_id: int) -> Schema:
        """The schema that the registry holds. Raises RefusedError("unknown_schema") or RegistryError."""
        return self._registry.fetch(schema_id)


def source_at(url: str) -> FileSource | RegistrySource:
    """The schemas of the registry at `url` beside the bundled ones; of an empty `url` the bundled ones alone."""
    return RegistrySource(Registry(url)) if url else FileSource()
