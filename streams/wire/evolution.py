"""May the current schemas be released? Checked by the tests on every change; the rules stand in `schemas/README.md`.

The avro package's compatibility check, against every released version and both ways, is the base. It does not look at
logical types and changed defaults, and takes a renamed field for one removed and one added: these are checked here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException
from avro.schema import parse

from streams.wire.files import Schema, SchemaFiles

_NO_DEFAULT = "no default"


def evolution_faults(files: SchemaFiles) -> list[str]:
    """Everything that forbids releasing the current schemas, each as one line of text; empty when all is well."""
    return [fault for name in files.names() for fault in _record_faults(files, name)]


def _record_faults(files: SchemaFiles, name: str) -> Iterator[str]:
    current, released = files.current(name), files.released(name)
    for version, earlier in released.items():
        for fault in schema_faults(current, earlier):
            yield f"{name}.avsc against v{version}: {fault}"
    if not released or _without_docs(current) != _without_docs(released[max(released)]):
        target = f"released/{name}/v{max(released, default=0) + 1}.avsc"
        yield f"{name}.avsc is not released: when it is final, copy it to {target}"


def schema_faults(current: Schema, released: Schema) -> list[str]:
    """What breaks between two schemas of one record, in either direction."""
    return [
        *_incompatible("the current schema cannot read its records", reader=current, writer=released),
        *_incompatible("it cannot read records of the current schema", reader=released, writer=current),
        *_blind_spots(current, released, "record"),
    ]


def _incompatible(meaning: str, reader: Schema, writer: Schema) -> Iterator[str]:
    try:
        reading, writing = parse(json.dumps(reader)), parse(json.dumps(writer))
    except AvroException as error:
        yield f"no valid Avro schema: {error}"
        return
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # avro leaves it unannotated
    result = checker.get_compatibility(reader=reading, writer=writing)
    if result.compatibility is not SchemaCompatibilityType.compatible:
        yield f"{meaning}: {'; '.join(sorted(result.messages))}"


def _blind_spots(current: Any, released: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - any part of a schema
    if isinstance(current, list) and isinstance(released, list):
        for now, before in zip(current, released, strict=False):
            yield from _blind_spots(now, before, where)
        return
    now, before = _as_dict(current), _as_dict(released)
    if now.get("logicalType") != before.get("logicalType"):
        yield f"{where}: logical type was {before.get('logicalType')}, is {now.get('logicalType')}"
    gone = [symbol for symbol in before.get("symbols", ()) if symbol not in now.get("symbols", ())]
    if gone:
        yield f"{where}: symbols {', '.join(gone)} were removed"
    for part in ("items", "values"):
        if part in now and part in before:
            yield from _blind_spots(now[part], before[part], f"{where} {part}")
    if "fields" in now and "fields" in before:
        yield from _field_faults(now["fields"], before["fields"])


def _field_faults(current: list[Schema], released: list[Schema]) -> Iterator[str]:
    heirs = {alias: field for field in current for alias in field.get("aliases", ())}
    by_name = {field["name"]: field for field in current}
    for before in released:
        name = before["name"]
        now = by_name.get(name) or heirs.get(name)
        if now is None:
            yield f"field {name} is gone: keep it, or name it as an alias of the field that takes its place"
            continue
        was, is_now = before.get("default", _NO_DEFAULT), now.get("default", _NO_DEFAULT)
        if json.dumps(was) != json.dumps(is_now) and was is not _NO_DEFAULT:
            yield f"field {name}: default was {json.dumps(was)}, is {json.dumps(is_now)}"
        yield from _blind_spots(now["type"], before["type"], f"field {name}")


def _as_dict(part: Any) -> Schema:  # noqa: ANN401 - any part of a schema
    return part if isinstance(part, dict) else {"type": part}


def _without_docs(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(part, dict):
        return {key: _without_docs(value) for key, value in part.items() if key != "doc"}
    return [_without_docs(value) for value in part] if isinstance(part, list) else part
