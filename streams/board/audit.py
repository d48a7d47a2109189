"""The audit: what was opened waits a second to be written with others, what is changed is written down before."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

import structlog

from streams.board.roles import User
from streams.errors import SanwangError
from streams.warehouse.remote import RemoteWarehouse

Act = Literal["opened", "downloaded", "signed_in", "signed_out", "replayed", "dropped", "unmerged"]
TABLE = "board_audit"
_FLUSH_S = 1.0
_MOST_WAITING = 10_000  # rows; more are only kept in the log
log = structlog.get_logger(__name__)


class Audit:
    """Writes `board_audit`; nothing that it was told is changed or removed afterwards."""

    def __init__(self, warehouse: RemoteWarehouse) -> None:
        self._warehouse = warehouse
        self._waiting: list[dict[str, object]] = []

    def note(self, user: User, act: Act, subject: str, *, allowed: bool = True) -> None:
        """Something was opened, or was not allowed to be."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(_row(user.name, user.role, act, subject, user.area, allowed=allowed))
        else:
            log.warning("audit waits for clickhouse", account=user.name, act=act, subject=subject)

    async def write(self, name: str, user: User | None, act: Act, subject: str, *, allowed: bool = True) -> None:
        """Something is about to be changed: on return it is written down. Raises as the warehouse does."""
        role, area = (user.role, user.area) if user else ("", "")
        row = _row(name, role, act, subject, area, allowed=allowed)
        await asyncio.to_thread(self._warehouse.add, TABLE, [row])

    async def run(self) -> None:
        """Write what waits, for ever; what ClickHouse does not take now waits on."""
        while True:
            await asyncio.sleep(_FLUSH_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, if ClickHouse takes it."""
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        try:
            await asyncio.to_thread(self._warehouse.add, TABLE, rows)
        except SanwangError as error:
            self._waiting = rows + self._waiting
            log.warning("audit not written yet", rows=len(rows), error=str(error))


def _row(name: str, role: str, act: Act, subject: str, area: str, *, allowed: bool) -> dict[str, object]:
    return {
        "at": round(time.time(), 3), "account": name[:40], "role": role, "act": act, "subject": subject[:200],
        "area": area, "allowed": allowed,
    }  # fmt: skip
