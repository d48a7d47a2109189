"""Making, listing and revoking API keys: what `sanwang door keys` does."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from streams.door.keyring import PREFIX, Key, check_scope, digest, read_keys
from streams.errors import SanwangError

_NAME_CHARS = 60


def new_key(file: Path, name: str, scopes: Sequence[str], rate: float) -> str:
    """Add a client and return its key, which is written nowhere. Raises SanwangError for a name that is there."""
    if not name or len(name) > _NAME_CHARS or not name.isprintable():
        raise SanwangError(f"a name of 1 to {_NAME_CHARS} printable characters is needed")
    if not scopes:
        raise SanwangError("give at least one --scope")
    for scope in scopes:
        check_scope(scope)
    if not 0 < rate < float("inf"):
        raise SanwangError(f"rate {rate:g} is no number of records a second")
    keys = read_keys(file)
    if any(key.name == name for key in keys):
        raise SanwangError(f"there is a key {name!r} already: revoke it first, or choose another name")
    secret = PREFIX + secrets.token_urlsafe(32)
    _write(file, [*keys, Key(name, digest(secret), tuple(dict.fromkeys(scopes)), rate)])
    return secret


def revoke_key(file: Path, name: str) -> None:
    """Remove a client; its key opens nothing a second later. Raises SanwangError for a name that is not there."""
    keys = read_keys(file)
    left = [key for key in keys if key.name != name]
    if len(left) == len(keys):
        raise SanwangError(f"there is no key {name!r} in {file}")
    _write(file, left)


def _write(file: Path, keys: Sequence[Key]) -> None:
    """Whole or not at all, and readable by the owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
    draft.replace(file)
