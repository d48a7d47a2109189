"""The lease: until when the coordinator of the group surely counts this worker in.

A worker that was cut off, paused or slow may hold decisions on partitions that another worker has by now, and its sends
arrive when it is back. The other one has then read a state without them, and as the lanes of a partition may have come
to it in another order, it may have decided otherwise. So a decision is told to others only when its state was confirmed
within the lease: whoever takes the partition over begins to read the state after the lease's end, and decides the same.
"""

from __future__ import annotations

import asyncio
from time import monotonic

from streams.config import Kafka

_LOOK_S = 0.02


class LeaseLostError(Exception):
    """The partitions are another worker's, or may be soon: what was decided on them must not be told.

    The group is joined anew then, and what was not acknowledged comes again to whoever has it.
    """


class Lease:
    """Written by the broker's client, read by the steps."""

    def __init__(self, kafka: Kafka) -> None:
        # A member that is silent leaves the group after its session; one that does not join again, after the rebalance.
        self.seconds = min(kafka.session_timeout_s, kafka.rebalance_timeout_s)
        self._held = (-1, 0.0)  # generation of the group, monotonic seconds until which it is ours
        self._ending = False

    @property
    def generation(self) -> int:
        """Generation of the group that counted us in last."""
        return self._held[0]

    def renew(self, generation: int, asked_at: float) -> None:
        """The coordinator has said, on a question sent at `asked_at` (monotonic seconds), that we are in."""
        self._held = (generation, asked_at + self.seconds)
        self._ending = False

    def end(self) -> None:
        """The coordinator has said that this generation is over, or about to be: it will not be renewed."""
        self._ending = True

    async def hold(self, generation: int) -> None:
        """Return when it is sure that the partitions of this generation were ours up to this call.

        Where the lease is over that needs the coordinator's next word. Raises LeaseLostError where it is that they are
        not, or where no such word will come.
        """
        now = monotonic()
        while True:
            held, until = self._held
            if held != generation:
                raise LeaseLostError(f"generation {generation} of the group is over, now {held}")
            if until > now:
                return
            if self._ending:
                raise LeaseLostError(f"generation {generation} of the group is about to be over")
            await asyncio.sleep(_LOOK_S)
