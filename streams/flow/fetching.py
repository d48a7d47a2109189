"""What the consumer asks the broker for, and when: two fetches at a time, nothing of partitions that gather records.

aiokafka has one fetch under way to a broker, and it ends with the first record of any partition that it names. So the
urgent lanes have a fetch of their own, on a connection of its own: their records neither wait for the end of one that
does not name them, nor for the answer to one that is full of others. And partitions that gather records are not named:
they gather at the broker, and come at once; those of the bulk lanes would end most fetches.

Built on the private parts of aiokafka 0.14; tests/integration/test_fetching.py holds the rules.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from faust.types import TP
from msgspec import Struct

from streams.flow.topics import LANES

EXPRESS = frozenset(topic for topic, lane in LANES.items() if lane.urgency <= 1)  # lanes with a fetch of their own
BULK_WAIT_MS = 20  # how long the other fetch may wait for BULK_BYTES: fewer of them, and each with more
BULK_BYTES = 65_536
QUIET_AFTER = 20  # fetches in a row that brought nothing: then one is as good as many,
QUIET_WAIT_MS = 500  # and waits so long for the first record


class _Express(NamedTuple):
    """A broker as the fetcher sees it for the express lanes: it has one fetch for each node that it knows."""

    node: int


class _Some(Struct, frozen=True):
    """Some partitions of an aiokafka assignment."""

    tps: frozenset[TP]
    state_value: Callable[[TP], Any]


class Fetching:
    """Of one consumer; used in the loop of its thread alone."""

    def __init__(self, fetcher: Any, loop: asyncio.AbstractEventLoop) -> None:  # noqa: ANN401
        self._fetcher = fetcher
        self._loop = loop
        self._lingers: dict[TP, float] = {}  # loop's time until which a partition gathers records
        self._empty: Counter[Any] = Counter()  # by node: fetches that brought nothing, since one that did
        self._actions = fetcher._get_actions_per_node
        self._replica = fetcher._select_read_replica
        self._send = fetcher._client.send
        self._exchange = fetcher._proc_fetch_request
        # Without its pause between fetches while some partition waits to be consumed: those with a chunk in flight wait
        # all the time here, and the others must not wait for them.
        fetcher._prefetch_backoff = 0
        fetcher._get_actions_per_node = self._actions_per_node
        fetcher._select_read_replica = self._node_of
        fetcher._proc_fetch_request = self._fetch
        fetcher._client.send = self._send_to

    def linger(self, tps: Iterable[TP], until: float) -> None:
        """The partitions gather records until then, in the loop's time."""
        self._lingers.update(dict.fromkeys(tps, until))

    def gathers_until(self, tp: TP) -> float:
        """Loop's time until which a partition gathers records; 0 where it never did."""
        return self._lingers.get(tp, 0.0)

    def wake(self) -> None:
        """Have whoever waits for records look again."""
        for waiter in list(self._fetcher._fetch_waiters):
            if not waiter.done():
                waiter.set_result(None)

    def _actions_per_node(self, assignment: Any) -> tuple[Any, ...]:  # noqa: ANN401
        now = self._loop.time()
        gathering = {tp: until for tp, until in self._lingers.items() if until > now}
        rest = _Some(assignment.tps - gathering.keys(), assignment.state_value)
        fetches, resets, timeout, *more = self._actions(rest)
        for node, request in fetches:
            if self._empty[node] >= QUIET_AFTER and self._names_all(node, request, assignment):
                request._max_wait_ms = QUIET_WAIT_MS
            elif not isinstance(node, _Express):
                request._max_wait_ms, request._min_bytes = BULK_WAIT_MS, BULK_BYTES
        return fetches, resets, min([timeout, *(until - now for until in gathering.values())]), *more

    def _names_all(self, node: Any, request: Any, assignment: Any) -> bool:  # noqa: ANN401
        named = sum(len(partitions) for _, partitions in request._topics)
        return bool(named == sum(self._node_of(tp) == node for tp in assignment.tps))

    def _node_of(self, tp: TP) -> Any:  # noqa: ANN401
        node = self._replica(tp)
        known = node is not None and node >= 0
        return _Express(node) if known and tp.topic in EXPRESS else node

    async def _send_to(self, node: Any, request: Any, **where: Any) -> Any:  # noqa: ANN401
        if isinstance(node, _Express):
            return await self._send(node.node, request, group=EXPRESS)
        return await self._send(node, request, **where)

    async def _fetch(self, assignment: Any, node: Any, request: Any) -> bool:  # noqa: ANN401
        """Fetch, and have the records taken before the next fetch is made up: it names no partition that has any."""
        found: bool = await self._exchange(assignment, node, request)
        self._empty[node] = 0 if found else self._empty[node] + 1
        if found:
            self.wake()
            for _ in range(3):  # turns of the loop until whoever waited has taken them
                await asyncio.sleep(0)
        self._loop.call_soon(self._loop.call_soon, self._look_again)
        return found

    def _look_again(self) -> None:
        """Have the fetcher make up fetches anew, two turns after one has ended.

        It takes notice of its end and counts the broker as free in different turns, and where records are taken in
        between it finds the broker busy: the next fetch would then wait for the end of the other one, for 20 ms.
        """
        if not self._fetcher._wait_consume_future.done():
            self._fetcher._wait_consume_future.set_result(None)
