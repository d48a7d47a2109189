"""The accounts of the board: one JSON file, readable by its owner only, read anew when it changes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from streams.board.passwords import hashed, matches, new_password
from streams.board.roles import Role, User
from streams.core.area import significant
from streams.errors import FileFault, SanwangError

FIRST = "admin"
_NAME = re.compile(r"[\w.-]{1,40}")
_NOBODY = hashed(new_password())  # so that an unknown name takes as long as a known one


def first_start(file: Path) -> str | None:
    """Make the file with one admin where there is none; returns its password, which is never shown again."""
    if file.exists():
        return None
    password = new_password()
    _write(file, {FIRST: User(FIRST, "admin", hashed(password))})
    return password


def set_user(file: Path, name: str, role: Role, area: str) -> str | None:
    """Add an account, or change role and area of one; returns a new account's password.

    Raises SanwangError for a name or an area that cannot be.
    """
    if not _NAME.fullmatch(name):
        raise SanwangError(f"{name!r} is no name: up to 40 letters, digits, dots, - and _")
    try:
        significant(area or "990000000000")
    except ValueError as error:
        raise SanwangError(str(error)) from None
    users = dict(read_users(file)) if file.exists() else {}
    known = users.get(name)
    password = None if known else new_password()
    users[name] = User(name, role, known.password if known else hashed(password or ""), area)
    _write(file, users)
    return password


def renew_password(file: Path, name: str) -> str:
    """A new password for an account; whoever is signed in with the old one is signed out. Raises SanwangError."""
    users = dict(read_users(file))
    user, password = _named(users, name), new_password()
    users[name] = msgspec.structs.replace(user, password=hashed(password))
    _write(file, users)
    return password


def remove_user(file: Path, name: str) -> None:
    """Remove an account; it is signed out. Raises SanwangError for an unknown name and for the last admin."""
    users = dict(read_users(file))
    _named(users, name)
    del users[name]
    if not any(user.role == "admin" for user in users.values()):
        raise SanwangError(f"{name} is the last admin: make another one first")
    _write(file, users)


def read_users(file: Path) -> Mapping[str, User]:
    """All accounts by name. Raises FileFault for a file that cannot be read."""
    try:
        users = msgspec.json.decode(file.read_bytes(), type=list[User])
        for user in users:
            user.scope  # noqa: B018 - reads the area's code
    except OSError as error:
        raise FileFault(str(file), 1, 1, f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise FileFault(str(file), 1, 1, str(error)) from None
    return {user.name: user for user in users}


class Users:
    """The accounts as the file has them now."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed = -1
        self._users: Mapping[str, User] = {}

    def get(self, name: str) -> User | None:
        """The account of that name."""
        changed = self._file.stat().st_mtime_ns
        if changed != self._changed:
            self._users, self._changed = read_users(self._file), changed
        return self._users.get(name)

    def proven(self, name: str, password: str) -> User | None:
        """The account if name and password fit; takes as long for a name that there is not."""
        user = self.get(name)
        fits = matches(password, user.password if user else _NOBODY)
        return user if fits else None


def _named(users: Mapping[str, User], name: str) -> User:
    if name not in users:
        raise SanwangError(f"there is no account {name!r}; there are {', '.join(sorted(users))}")
    return users[name]


def _write(file: Path, users: Mapping[str, User]) -> None:
    """Whole or not at all, and for our eyes only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(list(users.values())), indent=1) + b"\n")
    draft.replace(file)
