"""Passwords: made by us, kept as scrypt hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

from streams.errors import SanwangError

_N, _R, _P = 1 << 14, 8, 1  # 16 MB and some 50 ms a try, after RFC 7914's interactive use
_SALT_BYTES, _KEY_BYTES = 16, 32
LEAST = 10  # characters
_WORDS = 18  # bytes of chance in a password that we make


def new_password() -> str:
    """A password that nobody guesses: 24 characters."""
    return secrets.token_urlsafe(_WORDS)


def hashed(password: str) -> str:
    """As `scrypt$salt$key`, both base64. Raises SanwangError for a short password."""
    if len(password) < LEAST:
        raise SanwangError(f"the password has {len(password)} characters, {LEAST} are the least")
    salt = secrets.token_bytes(_SALT_BYTES)
    return "$".join(["scrypt", b64encode(salt).decode(), b64encode(_key(password, salt)).decode()])


def matches(password: str, kept: str) -> bool:
    """Is it the password behind the hash? Takes as long either way."""
    _, salt, key = kept.split("$")
    return hmac.compare_digest(_key(password, b64decode(salt)), b64decode(key))


def _key(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_KEY_BYTES)
