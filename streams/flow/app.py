"""The Faust application: one thin agent per consumed topic, each running a step under the guard."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import faust
import structlog
from aiokafka.helpers import create_ssl_context
from faust.types import TP

from streams.config import Kafka
from streams.flow.chunk_client import GOODBYE_S
from streams.flow.guard import Guard, OnFatal, Step
from streams.flow.lease import Lease
from streams.flow.log_reader import METADATA_MS
from streams.flow.security import password_of
from streams.flow.transport import ChunkTransport
from streams.telemetry.metrics import Metrics

COMMIT_INTERVAL_S = 1.0
HEARTBEAT_S = 2.5  # at most: a worker hears of a rebalance by its heartbeat, however long the lease may be
SETTLE_S = 10.0  # how long a rebalance waits for the chunks under way
log = structlog.get_logger(__name__)


class Keeper(Protocol):
    """A step that keeps state for each partition of its topics."""

    topics: frozenset[str]

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin to rebuild the state of newly assigned partitions."""
        ...

    def revoke(self, partitions: Iterable[int]) -> None:
        """Drop the state of partitions that another worker may have by now."""
        ...

    @property
    def recovered(self) -> bool:
        """Is the state of all assigned partitions there?"""
        ...


class App(faust.App):
    """Faust with the chunk transport, and with chunks settled before partitions are given away."""

    guard: Guard
    keepers: Sequence[Keeper]
    lease: Lease
    fetch_wait_ms: int
    on_fatal: OnFatal

    def _crash(self, reason: BaseException) -> None:
        """End the worker, for its supervisor to start it anew: Faust would stop all services and wait for ever."""
        ending = self.should_stop
        super()._crash(reason)
        if not ending:
            asyncio.run_coroutine_threadsafe(self.on_fatal(reason), self.loop)

    def _new_transport(self) -> ChunkTransport:
        return ChunkTransport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Faust's folders for tables and logs are not needed: our state is in Kafka."""

    async def settle(self, seconds: float = SETTLE_S) -> None:
        """Finish the chunks under way, so that their offsets can be committed before others take over."""
        await self.guard.settle(seconds)


def create_app(
    kafka: Kafka, steps: Mapping[str, tuple[str, Step]], keepers: Sequence[Keeper], lease: Lease, metrics: Metrics,
    on_fatal: OnFatal,
) -> App:
    """An application that runs `steps` (topic -> stage name and step) and renews the `lease` on their partitions.

    Call it inside the loop that will run it.
    """
    app = App(
        kafka.group,
        broker=";".join(f"kafka://{server}" for server in kafka.bootstrap.split(",")),
        value_serializer="raw", key_serializer="raw", store="memory://", web_enabled=False, topic_disable_leader=True,
        topic_allow_declare=False, consumer_auto_offset_reset="earliest", autodiscover=False,
        broker_commit_interval=COMMIT_INTERVAL_S, broker_session_timeout=kafka.session_timeout_s,
        broker_heartbeat_interval=min(HEARTBEAT_S, lease.seconds / 4),
        broker_rebalance_timeout=kafka.rebalance_timeout_s,
        broker_request_timeout=max(40.0, kafka.session_timeout_s + 10), broker_credentials=_credentials(kafka),
        consumer_metadata_max_age_ms=METADATA_MS, consumer_group_instance_id=kafka.instance or None,
        stream_wait_empty=False, stream_recovery_delay=0.0,
    )
    app.guard = Guard(metrics, on_fatal)
    app.keepers = keepers
    app.lease = lease
    app.on_fatal = on_fatal
    app.fetch_wait_ms = kafka.fetch_wait_ms
    for topic, (stage, step) in steps.items():
        _add_agent(app, topic, stage, step)
    _follow_assignment(app, keepers, metrics)
    return app


def _add_agent(app: App, topic: str, stage: str, step: Step) -> None:
    async def work(stream: Any) -> None:  # noqa: ANN401
        await app.guard.run(stage, stream, step)

    app.agent(app.topic(topic, value_type=bytes), name=f"{stage}[{topic}]")(work)


def _follow_assignment(app: App, keepers: Sequence[Keeper], metrics: Metrics) -> None:
    async def on_assigned(*args: Any, **_: Any) -> None:  # noqa: ANN401 - Faust's signal: sender, partitions
        assigned: set[TP] = args[1]
        metrics.rebalances.inc()
        for keeper in keepers:
            keeper.assign(_partitions(assigned, keeper.topics))
        log.info("assigned", partitions=len(assigned))

    async def on_revoked(*args: Any, **_: Any) -> None:  # noqa: ANN401 - likewise
        for keeper in keepers:
            keeper.revoke(_partitions(args[1], keeper.topics))

    app.on_partitions_assigned.connect(on_assigned, weak=False)
    app.on_partitions_revoked.connect(on_revoked, weak=False)


def _partitions(tps: Iterable[TP], topics: Collection[str]) -> set[int]:
    return {tp.partition for tp in tps if tp.topic in topics}


def _credentials(kafka: Kafka) -> Any:  # noqa: ANN401 - Faust's credentials, or None
    if kafka.security_protocol == "PLAINTEXT":
        return None
    context: ssl.SSLContext | None = None
    if "SSL" in kafka.security_protocol:
        context = create_ssl_context(cafile=kafka.ca_file or None)
    if not kafka.sasl_mechanism:
        return faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=kafka.username, password=password_of(kafka), mechanism=kafka.sasl_mechanism, ssl_context=context
    )


async def run_app(app: App, stop: asyncio.Event) -> None:
    """Run until `stop` is set; then finish the chunks under way, commit and leave the group.

    None of that is possible without a broker, and none of it needed: what is not committed is done again.
    """
    await app.start()
    try:
        await stop.wait()
    finally:
        app.consumer.stop_flow()
        await app.settle(GOODBYE_S)
        # Not `wait_for`: behind another commit, Faust's takes a cancellation for the word to begin anew.
        await asyncio.wait([asyncio.ensure_future(app.consumer.commit())], timeout=GOODBYE_S)
        await app.stop()
