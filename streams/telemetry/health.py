"""Liveness and readiness: not "the process is up" but "it has its partitions, its state, and gets on with its work"."""

from __future__ import annotations

from msgspec import Struct

STUCK_S = 60.0  # lag without any committed progress for this long is a stall


class Health(Struct):
    """What the worker knows of its own state; changed by the worker, read by the probes."""

    broker: bool = False  # connected, topics made
    assigned: bool = False
    recovered: bool = False
    warehouse: bool = False  # migrated
    lag: int = 0  # records not yet committed, over all partitions
    progressed_at: float = 0.0  # monotonic seconds when committed offsets last grew or lag was last zero

    def stuck(self, now: float) -> bool:
        """Is there work, and has none of it been done for too long?"""
        return self.assigned and self.lag > 0 and now - self.progressed_at > STUCK_S

    def waiting_for(self, now: float) -> list[str]:
        """What stands between the worker and being ready; empty when it is ready."""
        missing = [name for name in ("broker", "warehouse", "assigned", "recovered") if not getattr(self, name)]
        return [*missing, "progress"] if self.stuck(now) else missing
