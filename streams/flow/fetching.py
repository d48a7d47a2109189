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
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from faust.types import TP
from msgspec import Struct

from streams.flow.fetch_format import QuickFetch
from streams.flow.topics import LANES

EXPRESS = frozenset(topic for topic, lane in LANES.items() if lane.urgency <= 1)  # lanes with a fetch of their own
EXPRESS_WAIT_MS = 100  # how long theirs may wait for the first record, where it names all of them
BULK_WAIT_MS = 20  # how long the other fetch may wait for BULK_BYTES: fewer of them, and each with more
BULK_BYTES = 65_536
QUIET_AFTER = 20  # fetches in a row that brought nothing: then one is as good as many,
QUIET_WAIT_MS = 500  # and waits so long for the first record


class _Express(NamedTuple):
    """A broker as the fetcher sees it for the express lanes: it has one fetch for each node that it knows."""

    node: int


class _Some(Struct, frozen=True):
    """Some partitions of an aiokafka assignment."""

    tps: Collection[TP]
    state_value: Callable[[TP], Any]


class Fetching:
    """Of one consumer."""

    def __init__(self, fetcher: Any, loop: asyncio.AbstractEventLoop) -> None:  # noqa: ANN401
        self._fetcher = fetcher
        self._loop = loop
        self._waiting: asyncio.Future[None] | None = None  # whoever takes chunks, until there may be one
        self._lingers: dict[TP, float] = {}  # loop's time until which a partition gathers records
        self._empty: Counter[Any] = Counter()  # by node: fetches that brought nothing, since one that did
        self._nodes: dict[TP, Any] = {}  # what `_node_of` said, until there is news of the cluster
        self._actions = fetcher._get_actions_per_node
        self._send = fetcher._client.send
        self._exchange = fetcher._proc_fetch_request
        # Without its pause between fetches while some partition waits to be consumed: those with a chunk in flight wait
        # all the time here, and the others must not wait for them.
        fetcher._prefetch_backoff = 0
        fetcher._get_actions_per_node = self._actions_per_node
        fetcher._select_read_replica = self._node_of
        fetcher._proc_fetch_request = self._fetch
        fetcher._client.send = self._send_to
        fetcher._client.cluster.add_listener(lambda _cluster: self._nodes.clear())

    def linger(self, tps: Iterable[TP], until: float) -> None:
        """The partitions gather records until then, in the loop's time."""
        self._lingers.update(dict.fromkeys(tps, until))

    def gathers_until(self, tp: TP) -> float:
        """Loop's time until which a partition gathers records; 0 where it never did."""
        return self._lingers.get(tp, 0.0)

    def holds(self, tps: Collection[TP]) -> bool:
        """Are records of any of the partitions at hand?"""
        return any(tp in self._fetcher._records for tp in tps)

    async def wait(self, seconds: float) -> None:
        """Until there may be something to take, at most so long."""
        waiter = self._waiting = self._fetcher._create_fetch_waiter()
        await asyncio.wait([waiter], timeout=seconds)
        waiter.cancel()  # or the fetcher would keep it

    def wake(self) -> None:
        """Have whoever takes chunks look again."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def _actions_per_node(self, assignment: Any) -> tuple[Any, ...]:  # noqa: ANN401
        now = self._loop.time()
        gathering = {tp: until for tp, until in self._lingers.items() if until > now}
        at_hand, under_way = self._fetcher._records, self._fetcher._in_flight
        rest = [
            tp for tp in assignment.tps
            if tp not in gathering and tp not in at_hand and self._node_of(tp) not in under_way
        ]  # fmt: skip
        fetches, resets, timeout, *more = self._actions(_Some(rest, assignment.state_value))
        quick = [(node, self._made_up(node, request, assignment)) for node, request in fetches]
        return quick, resets, min([timeout, *(until - now for until in gathering.values())]), *more

    def _made_up(self, node: Any, request: Any, assignment: Any) -> QuickFetch:  # noqa: ANN401
        """A request of aiokafka's, with its wait and in our format."""
        named = [TP(topic, each[0]) for topic, partitions in request._topics for each in partitions]
        all_named = len(named) == sum(self._node_of(tp) == node for tp in assignment.tps)
        if all_named and self._empty[node] >= QUIET_AFTER:
            request._max_wait_ms = QUIET_WAIT_MS
        elif not isinstance(node, _Express):
            request._max_wait_ms, request._min_bytes = BULK_WAIT_MS, BULK_BYTES
        elif all_named:
            request._max_wait_ms = EXPRESS_WAIT_MS
        return QuickFetch(request, tell_all=any(assignment.state_value(tp).highwater is None for tp in named))

    def _node_of(self, tp: TP) -> Any:  # noqa: ANN401
        node = self._nodes.get(tp)
        if node is None:
            node = self._fetcher._client.cluster.leader_for_partition(tp)
            if node is not None and node >= 0:
                node = self._nodes[tp] = _Express(node) if tp.topic in EXPRESS else node
        return node

    async def _send_to(self, node: Any, request: Any, **where: Any) -> Any:  # noqa: ANN401
        if isinstance(node, _Express):
            return await self._send(node.node, request, group=EXPRESS)
        return await self._send(node, request, **where)

    async def _fetch(self, assignment: Any, node: Any, request: Any) -> bool:  # noqa: ANN401
        """Fetch, and have the records taken before the next fetch is made up: it names no partition that has any.

        Never true: aiokafka would then wake whoever waits a second time.
        """
        found: bool = await self._exchange(assignment, node, request)
        self._empty[node] = 0 if found else self._empty[node] + 1
        if found:
            self.wake()
            for _ in range(3):  # turns of the loop until whoever waited has taken them
                await asyncio.sleep(0)
        self._loop.call_soon(self._loop.call_soon, self._look_again)
        return False

    def _look_again(self) -> None:
        """Have the fetcher make up fetches anew, two turns after one has ended.

        It takes notice of its end and counts the broker as free in different turns, and where records are taken in
        between it finds the broker busy: the next fetch would then wait for the end of the other one, for 20 ms.
        """
        if not self._fetcher._wait_consume_future.done():
            self._fetcher._wait_consume_future.set_result(None)
