"""The secret under which callers are hashed: a file of random bytes, made once, readable by its owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from streams.errors import SanwangError

KEY_BYTES = 32


def read_key(file: Path) -> bytes:
    """The key in `file`; raises SanwangError when there is none, as a new one would recognise nobody."""
    if not file.exists():
        raise SanwangError(f"there is no hash key {file}: a hash is found only with the key that made it")
    return read_or_make_key(file)


def read_or_make_key(file: Path) -> bytes:
    """The key in `file`; made when the file does not exist. Raises SanwangError when it cannot be read or is short."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(secrets.token_bytes(KEY_BYTES))
        key = file.read_bytes()
    except OSError as error:
        raise SanwangError(f"hash key {file}: {error.strerror}") from None
    if len(key) < KEY_BYTES:
        raise SanwangError(f"hash key {file} has {len(key)} bytes, {KEY_BYTES} are needed; remove it to make a new one")
    return key
