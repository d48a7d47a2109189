"""Signed as Standard Webhooks 1.0.0 says (standardwebhooks.com), so receivers find a library in their language."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of id, timestamp (seconds since 1970) and body."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def headers_of(secret: bytes, message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers of one push; the id is the same in every try."""
    return {
        "Content-Type": "application/json", "User-Agent": "sanwang",
        "webhook-id": message_id, "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }  # fmt: skip
