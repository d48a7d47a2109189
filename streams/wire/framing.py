"""How a record says which schema it was written with: a short prefix before the Avro bytes.

Two framings are read. Avro single-object encoding: ``C3 01`` and the CRC-64-AVRO fingerprint of the schema's parsing
canonical form, 8 bytes little endian (Avro specification, "Single-object encoding"). Confluent framing: ``00`` and the
schema's id in the registry, 4 bytes big endian.
"""

from __future__ import annotations

from typing import Any

from fastavro.schema import fingerprint, to_parsing_canonical_form

from streams.errors import RefusedError

SINGLE_OBJECT = b"\xc3\x01"
CONFLUENT = b"\x00"
SINGLE_OBJECT_LENGTH = 10
CONFLUENT_LENGTH = 5


def single_object_prefix(schema: dict[str, Any]) -> bytes:
    """The 10 bytes before every record written with `schema`."""
    return SINGLE_OBJECT + bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


def confluent_prefix(schema_id: int) -> bytes:
    """The 5 bytes before every record written with the schema that the registry knows as `schema_id`."""
    return CONFLUENT + schema_id.to_bytes(4, "big")


def prefix_of(data: bytes) -> bytes:
    """The prefix that `data` begins with. Raises RefusedError("undecodable") when it is framed in neither way."""
    if data.startswith(SINGLE_OBJECT):
        prefix = data[:SINGLE_OBJECT_LENGTH]
        whole = len(prefix) == SINGLE_OBJECT_LENGTH
    elif data.startswith(CONFLUENT):
        prefix = data[:CONFLUENT_LENGTH]
        whole = len(prefix) == CONFLUENT_LENGTH
    else:
        raise RefusedError("undecodable", "begins with neither framing: expected bytes C3 01 or 00")
    if not whole:
        raise RefusedError("undecodable", f"ends inside its framing, after {len(data)} bytes")
    return prefix


def schema_id_of(prefix: bytes) -> int | None:
    """The registry's id in a Confluent prefix, None for a single-object prefix."""
    return int.from_bytes(prefix[1:], "big") if prefix.startswith(CONFLUENT) else None
