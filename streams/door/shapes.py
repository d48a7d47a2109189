"""What clients send, as types made from the Avro schemas: field names, types and docs stand there only.

A report names its feed in the member `feed`; of an order update the order stands in the path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.core.event import Feed
from streams.wire.files import RECORD_OF_FEED, Schema, SchemaFiles

_PLAIN: Mapping[str, Any] = {"string": str, "double": float, "boolean": bool}


def _shape(schema: Schema, without: str = "", feed: Feed | None = None) -> type[msgspec.Struct]:
    fields = [_field(field) for field in schema["fields"] if field["name"] != without]
    return msgspec.defstruct(
        schema["name"], [*(f for f in fields if len(f) == 2), *(f for f in fields if len(f) == 3)],  # required first
        frozen=True, gc=False, forbid_unknown_fields=True,
        tag_field="feed" if feed else None, tag=feed,
    )  # fmt: skip


def _field(field: Mapping[str, Any]) -> tuple[str, Any] | tuple[str, Any, Any]:
    name, kind = field["name"], _type(field["type"])
    if "default" not in field:
        return name, kind
    default = field["default"]
    return name, kind, tuple(default) if isinstance(default, list) else default


def _type(avro: Any) -> Any:  # noqa: ANN401 - JSON in, a type out
    if isinstance(avro, list):
        [plain] = [part for part in avro if part != "null"]
        return _type(plain) | None
    if isinstance(avro, dict):
        items: Any = _type(avro["items"])
        return tuple[items, ...]
    return _PLAIN[avro]


_schemas = SchemaFiles()
REPORTS: Mapping[Feed, type[msgspec.Struct]] = {
    feed: _shape(_schemas.current(record), feed=feed) for feed, record in RECORD_OF_FEED.items()
}
HotlineCall, PoliceAlert, GridReport = REPORTS["hotline"], REPORTS["police"], REPORTS["grid"]
REPORT: Any = HotlineCall | PoliceAlert | GridReport
ALL_CLEAR = _shape(_schemas.current("AllClear"))
UPDATE = _shape(_schemas.current("OrderUpdate"), without="order_id")


def feed_of(report: msgspec.Struct) -> Feed:
    """The feed that a decoded report belongs to."""
    feed: Feed = report.__struct_config__.tag  # type: ignore[assignment]  # it was made with a feed as its tag
    return feed
