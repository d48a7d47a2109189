"""Who may do what at the door: API keys with scopes and rates, kept as hashes in one file.

A key is 32 random bytes, so a plain SHA-256 of it cannot be turned back; what is in the file opens nothing. The file is
read again when it has changed: a revoked key is refused a second later.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog

from streams.core.event import FEEDS
from streams.errors import SanwangError

PREFIX = "sanwang_"
REPORTS, ORDERS, ALL_CLEARS, OPEN311 = "reports:", "orders:", "all-clears", "open311"
ANY_UNIT = "*"
_LOOK_S = 1.0
log = structlog.get_logger(__name__)


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One client. `rate` is records a second; ten seconds' worth may come at once."""

    name: str
    sha256: str  # of the key, in hex
    scopes: tuple[str, ...]
    rate: float = 100.0

    def may(self, scope: str) -> bool:
        """Whether the key has a scope; `orders:*` stands for every unit."""
        return scope in self.scopes or (scope.startswith(ORDERS) and ORDERS + ANY_UNIT in self.scopes)


def check_scope(scope: str) -> None:
    """Raises SanwangError for a word that is no scope."""
    feeds = tuple(REPORTS + feed for feed in FEEDS)
    if scope not in (*feeds, ALL_CLEARS, OPEN311) and not (scope.startswith(ORDERS) and len(scope) > len(ORDERS)):
        known = ", ".join((*feeds, ALL_CLEARS, f"{ORDERS}UNIT, {ORDERS}{ANY_UNIT}", OPEN311))
        raise SanwangError(f"{scope!r} is no scope; scopes are {known}")


def digest(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def read_keys(file: Path) -> list[Key]:
    """The keys in a file, none where there is no file. Raises SanwangError for a file that holds something else."""
    try:
        keys = msgspec.json.decode(file.read_bytes(), type=list[Key])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SanwangError(f"keys file {file}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SanwangError(f"keys file {file}: {error}") from None
    for key in keys:
        for scope in key.scopes:
            check_scope(scope)
    return keys


class KeyRing:
    """The keys of a file, as it stands now."""

    def __init__(self, file: Path) -> None:
        """Raises as `read_keys` does."""
        self._file = file
        self._stamp = self._stamped()
        self._keys = self._by_digest()
        self._looked_at = time.monotonic()

    def find(self, secret: str) -> Key | None:
        """The client whose key this is."""
        if time.monotonic() - self._looked_at > _LOOK_S:
            self._look()
        return self._keys.get(digest(secret))

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        try:
            self._keys, self._stamp = self._by_digest(), stamp
        except SanwangError as error:  # somebody edits it: the keys of before hold until it can be read
            log.warning("keys not read", error=str(error))

    def _by_digest(self) -> Mapping[str, Key]:
        return {key.sha256: key for key in read_keys(self._file)}

    def _stamped(self) -> tuple[int, int, int]:
        try:
            stat = self._file.stat()
        except OSError:
            return (0, 0, 0)
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
