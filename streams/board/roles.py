"""Who may do what on the board, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from streams.core.area import significant

Role = Literal["viewer", "dispatcher", "supervisor", "admin"]
Right = Literal["look", "texts", "unmerge", "letters", "audit"]

#: Each role holds the rights of those before it.
RIGHTS: Mapping[Role, frozenset[Right]] = {
    "viewer": frozenset({"look"}),
    "dispatcher": frozenset({"look", "texts"}),  # the scrubbed texts and places of reports, and explanations
    #: dead letters: see, send again, drop; reports: take them off an incident
    "supervisor": frozenset({"look", "texts", "unmerge", "letters"}),
    "admin": frozenset({"look", "texts", "unmerge", "letters", "audit"}),
}
ROLES: tuple[Role, ...] = tuple(RIGHTS)


class User(Struct, frozen=True, forbid_unknown_fields=True):
    """One account of the board; `area` is the code that its sight is bound to, "" the whole city."""

    name: str
    role: Role
    password: str  # as `streams.board.passwords.hashed` writes it
    area: str = ""

    @property
    def scope(self) -> str:
        """The digits that all area codes which this account may see begin with. Raises ValueError for a wrong area."""
        return significant(self.area) if self.area else ""

    def may(self, right: Right) -> bool:
        """Does the role hold the right? Dead letters have no place, so only who sees the whole city sees them."""
        return right in RIGHTS[self.role] and (right not in ("letters", "audit") or not self.area)

    def sees(self, area: str) -> bool:
        """Does the area (a code of any level) lie in the account's? Raises ValueError on a code of no level."""
        return significant(area).startswith(self.scope)
