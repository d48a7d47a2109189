"""The simulator's records to the broker, each when it is due."""

from __future__ import annotations

import asyncio

from streams.intake.pace import Pace
from streams.intake.sender import Sender
from streams.intake.simulator import Encoder, Simulator, value_of

_PAUSE_S = 0.02  # records that come due within it go together


async def feed(simulator: Simulator, sender: Sender, codec: Encoder, pace: Pace, stop: asyncio.Event) -> None:
    """Send until `stop` is set; on return everything sent is confirmed. Raises BrokerUnavailable as the sender does."""
    for fed in simulator:
        wait = pace.wait_s(fed.due_ms)
        if wait > 0:
            await sender.flush()
            await _pause(stop, max(wait, _PAUSE_S))
        if stop.is_set():
            break
        await sender.add(fed.topic, fed.key, value_of(fed, codec))
    await sender.flush()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
