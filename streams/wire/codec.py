"""Avro records to bytes and back.

The common case, a record written with the schema that we read into, costs one dictionary look-up and one pass of
fastavro. Records of released versions, or of a registry's schemas, are resolved to the current schema. Times stay
integers: logical types describe the record to others and are not converted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple, cast

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.read import SchemaResolutionError
from fastavro.schema import SchemaParseException, UnknownType

from streams.errors import RefusedError
from streams.wire.files import Schema
from streams.wire.framing import prefix_of, schema_id_of, single_object_prefix
from streams.wire.source import SchemaSource

Record = dict[str, Any]

# What fastavro raises on bytes that do not follow the schema (found by feeding it random and cut bytes).
_BROKEN = (EOFError, ValueError, IndexError, TypeError, KeyError, OverflowError, MemoryError)


class _Reading(NamedTuple):
    """How to read the records behind one prefix."""

    name: str
    writer: Any  # fastavro's parsed schema
    reader: Any  # likewise, None when it is the writer's


class Codec:
    """Encodes and decodes the records of one schema source. Not for use by several threads at once."""

    def __init__(self, schemas: SchemaSource) -> None:
        self._schemas = schemas
        self._current = {name: parse_schema(without_logical_types(schemas.current(name))) for name in schemas.names()}
        self._prefixes: dict[str, bytes] = {}
        self._readings: dict[bytes, _Reading] = {}
        for name, parsed in self._current.items():
            for schema in schemas.released(name).values():
                self._learn(single_object_prefix(schema), schema)
            self._readings[single_object_prefix(schemas.current(name))] = _Reading(name, parsed, None)

    def encode(self, name: str, record: Mapping[str, object]) -> bytes:
        """One framed record. Raises RefusedError("bad_value") when `record` does not fit the schema of `name`."""
        out = BytesIO()
        out.write(self.prefix(name))
        try:
            schemaless_writer(out, self._current[name], record, strict_allow_default=True)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            # fastavro's message would show the record's values: only the kind of the error is told
            detail = f"the record does not fit the schema {name} ({type(error).__name__})"
            raise RefusedError("bad_value", detail) from None
        return out.getvalue()

    def prefix(self, name: str) -> bytes:
        """What every record of `name` that we write begins with."""
        prefix = self._prefixes.get(name)
        if prefix is None:
            prefix = self._prefixes[name] = self._schemas.prefix(name)
        return prefix

    def decode(self, name: str, data: bytes) -> Record:
        """The record of `name` in `data`, in the shape of its current schema.

        Raises RefusedError: "unknown_schema" for a fingerprint or id that nobody knows, "wrong_schema" for a record
        of another name or one that cannot be resolved to ours, "undecodable" for cut, padded or random bytes.
        """
        reading = self._readings.get(data[:10]) or self._reading_of(data)
        if reading.name != name:
            raise RefusedError("wrong_schema", f"expected a record of {name}, found one of {reading.name}")
        stream = BytesIO(data)
        stream.seek(10 if data[0] else 5)
        try:
            record = schemaless_reader(stream, reading.writer, reading.reader)
        except SchemaResolutionError:
            raise RefusedError("wrong_schema", f"its schema cannot be resolved to the current {name}") from None
        except _BROKEN as error:
            detail = f"{len(data)} bytes that are no {name} ({type(error).__name__})"
            raise RefusedError("undecodable", detail) from None
        if stream.tell() != len(data):
            raise RefusedError("undecodable", f"{len(data) - stream.tell()} bytes are left over after the {name}")
        return cast("Record", record)

    def _reading_of(self, data: bytes) -> _Reading:
        prefix = prefix_of(data)
        reading = self._readings.get(prefix)
        if reading is not None:
            return reading
        schema_id = schema_id_of(prefix)
        if schema_id is None:
            raise RefusedError("unknown_schema", f"no released schema has the fingerprint {prefix[2:].hex()}")
        return self._learn(prefix, self._schemas.by_id(schema_id))

    def _learn(self, prefix: bytes, schema: Schema) -> _Reading:
        try:
            writer = parse_schema(without_logical_types(schema))
        except (SchemaParseException, UnknownType) as error:
            raise RefusedError("unknown_schema", f"the schema behind {prefix.hex()} is no valid Avro schema") from error
        name = str(cast("Schema", writer).get("name")).removeprefix("sanwang.")
        self._readings[prefix] = _Reading(name, writer, self._current.get(name))
        return self._readings[prefix]


def without_logical_types(schema: Schema) -> Schema:
    """The same schema with the plain types that its logical types stand on; fingerprints do not change."""

    def plain(part: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(part, dict):
            return {key: plain(value) for key, value in part.items() if key != "logicalType"}
        return [plain(value) for value in part] if isinstance(part, list) else part

    stripped: Schema = plain(schema)
    return stripped
