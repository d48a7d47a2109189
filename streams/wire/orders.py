"""Orders as Avro, fast: what all orders of an incident share is encoded once for all of them.

An Avro record is its fields' values one after another, so the fields that differ between the orders of one incident
stand first in schemas/Order.avsc and the rest is the same run of bytes behind each of them. The first fields are few
and plain (strings, an enum's index, a number); tests/unit/test_wire_orders.py holds that the result is what the codec
would write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.core.decision import Order
from streams.wire.codec import Codec
from streams.wire.source import SchemaSource

OWN = ("order_id", "incident_id", "unit", "role", "round")  # of each order; the others are the incident's


class OrderEncoder:
    """Encodes the orders of one decision at a time."""

    def __init__(self, schemas: SchemaSource) -> None:
        self._codec = Codec(schemas)
        fields = schemas.current("Order")["fields"]
        if tuple(field["name"] for field in fields[: len(OWN)]) != OWN:
            raise ValueError(f"schemas/Order.avsc must begin with {', '.join(OWN)}")
        self._shared: Sequence[str] = [field["name"] for field in fields[len(OWN) :]]
        self._roles: Mapping[str, bytes] = {
            role: _number(index) for index, role in enumerate(fields[OWN.index("role")]["type"]["symbols"])
        }
        # What the codec writes before the shared fields of an order whose own fields are all empty.
        self._blank: dict[str, Any] = {"order_id": "", "incident_id": "", "unit": "", "role": "lead", "round": 0}
        self._head = len(schemas.prefix("Order")) + len(OWN)
        self._prefix = schemas.prefix("Order")

    def encode(self, orders: Iterable[Order]) -> list[bytes]:
        """One framed record per order; all must be of the same decision."""
        encoded: list[bytes] = []
        shared = b""
        for order in orders:
            if not shared:
                record = self._blank | {name: getattr(order, name) for name in self._shared}
                shared = self._codec.encode("Order", record)[self._head :]
            own = (_text(order.order_id), _text(order.incident_id), _text(order.unit))
            encoded.append(b"".join((self._prefix, *own, self._roles[order.role], _number(order.round), shared)))
        return encoded


def _text(value: str) -> bytes:
    data = value.encode()
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    """Avro's zigzag variable-length encoding of a number that is not negative."""
    value <<= 1
    if value < 0x80:
        return _BYTES[value]
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_BYTES = [bytes([number]) for number in range(256)]
