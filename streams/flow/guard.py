"""The one guard around every step: retry, then stop the worker; acknowledge only what is done.

A record that cannot be handled becomes a dead letter inside its step. Sends and inserts wait for the broker and
ClickHouse by themselves. So an exception that reaches the guard is a fault of ours or of the machine: it is tried
again a few times, and then the worker stops with an error, unacknowledged, for its supervisor to start it again.
Nothing raises past the guard into Faust, which would acknowledge the chunk and lose it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any

import structlog

from streams.flow.lease import LeaseLostError
from streams.flow.transport import Chunk
from streams.telemetry.metrics import Metrics

Step = Callable[[Chunk], Awaitable[None]]
OnFatal = Callable[[BaseException], Coroutine[Any, Any, None]]  # stops the worker
TRIES = 5
_PAUSE_S = 0.5
log = structlog.get_logger(__name__)


class Guard:
    """Runs steps on chunks, a task for each; knows which are under way."""

    def __init__(self, metrics: Metrics, on_fatal: OnFatal) -> None:
        self._metrics = metrics
        self._on_fatal = on_fatal
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stage: str, stream: Any, step: Step) -> None:  # noqa: ANN401 - Faust's stream
        """Work on every chunk of a stream; the transport sees to it that those of a partition do not overlap."""
        async for event in stream.noack().events():
            task = asyncio.create_task(self._work(stage, event, step))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self, timeout_s: float) -> None:
        """Wait until the chunks under way are done, at most `timeout_s` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def _work(self, stage: str, event: Any, step: Step) -> None:  # noqa: ANN401
        chunk: Chunk = event.value
        self._metrics.chunk.labels(chunk.topic).observe(len(chunk.records))
        started = perf_counter()
        for attempt in range(1, TRIES + 1):
            if _is_over(event):
                return
            try:
                await step(chunk)
                break
            except LeaseLostError as error:
                log.info("left to the next owner", stage=stage, topic=chunk.topic, reason=str(error))
                return
            except Exception as error:
                self._metrics.step_failures.labels(stage).inc()
                log.exception("step failed", stage=stage, topic=chunk.topic, partition=chunk.partition,
                              offset=chunk.records[0].offset, attempt=attempt)
                if attempt == TRIES:
                    await self._on_fatal(error)
                    return
                await asyncio.sleep(_PAUSE_S * attempt)
        self._metrics.stage.labels(stage).observe(perf_counter() - started)
        event.ack()


def _is_over(event: Any) -> bool:  # noqa: ANN401 - Faust's event
    """Whether the partitions of a chunk were given to others since, or to us anew: so are its records then."""
    return bool(event.message.generation_id != event.app.consumer_generation_id)
