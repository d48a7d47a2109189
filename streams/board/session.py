"""Who is asking: a signed cookie that names an account, and holds only while the account and its password stand."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import MutableMapping
from time import monotonic
from typing import Any

from streams.board.roles import User
from streams.board.users import Users

HOURS = 12  # that a sign-in lasts
TRIES, PAUSE_S = 5, 60.0  # wrong passwords for one name, and how long none is looked at then
_MOST_NAMES = 10_000
Session = MutableMapping[str, Any]


def begin(session: Session, user: User) -> None:
    """Sign an account in; what the session held before is gone."""
    session.clear()
    session.update(name=user.name, stamp=_stamp(user), csrf=secrets.token_urlsafe(24))


def end(session: Session) -> None:
    """Sign out."""
    session.clear()


def user_of(session: Session, users: Users) -> User | None:
    """The account that is signed in; None also after its password changed or it was removed."""
    user = users.get(str(session.get("name", "")))
    return user if user and hmac.compare_digest(_stamp(user), str(session.get("stamp", ""))) else None


def token_of(session: Session) -> str:
    """What every form of this session has to bring back; made for the sign-in form too."""
    token: str = session.setdefault("csrf", secrets.token_urlsafe(24))
    return token


def is_ours(session: Session, token: str) -> bool:
    """Did one of our own pages send this form?"""
    return bool(token) and hmac.compare_digest(token.encode(), str(session.get("csrf", "")).encode())


class Patience:
    """Counts wrong passwords by name: after some, nobody is let in under that name for a while."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, float]] = {}

    def is_out(self, name: str) -> bool:
        """Have there been too many wrong ones of late?"""
        count, latest = self._wrong.get(name, (0, 0.0))
        return count >= TRIES and monotonic() - latest < PAUSE_S

    def wrong(self, name: str) -> None:
        """One more."""
        if len(self._wrong) >= _MOST_NAMES:
            self._wrong.clear()
        count, latest = self._wrong.get(name, (0, 0.0))
        self._wrong[name] = (1 if monotonic() - latest > PAUSE_S else count + 1, monotonic())

    def right(self, name: str) -> None:
        """Forget."""
        self._wrong.pop(name, None)


def _stamp(user: User) -> str:
    return hashlib.sha256(f"{user.name}\0{user.password}".encode()).hexdigest()[:32]
