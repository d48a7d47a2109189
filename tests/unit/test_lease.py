"""The lease: nothing is told when somebody else may have the partitions."""

import asyncio
from time import monotonic

import pytest

from streams.config import Kafka
from streams.flow.lease import Lease, LeaseLostError

KAFKA = Kafka(session_timeout_s=6.0, rebalance_timeout_s=4.0)


async def test_it_holds_for_the_shorter_of_session_and_rebalance_after_the_question_was_sent() -> None:
    lease = Lease(KAFKA)
    lease.renew(3, monotonic() - 3.5)
    async with asyncio.timeout(5):
        await lease.hold(3)
    lease.renew(3, monotonic() - 4.5)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await lease.hold(3)


async def test_a_lease_that_is_over_waits_for_the_coordinators_next_word() -> None:
    lease = Lease(KAFKA)
    lease.renew(3, monotonic() - 10)
    waiting = asyncio.create_task(lease.hold(3))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    lease.renew(3, monotonic())
    async with asyncio.timeout(5):
        await waiting


async def test_another_generation_is_the_end_of_it() -> None:
    lease = Lease(KAFKA)
    lease.renew(3, monotonic() - 10)
    waiting = asyncio.create_task(lease.hold(3))
    await asyncio.sleep(0.05)
    lease.renew(4, monotonic())
    with pytest.raises(LeaseLostError):
        await waiting
    with pytest.raises(LeaseLostError):
        await lease.hold(3)


async def test_no_word_is_waited_for_that_will_not_come() -> None:
    lease = Lease(KAFKA)
    lease.renew(3, monotonic())
    lease.end()
    await lease.hold(3)  # what was confirmed up to now is ours all the same
    lease.renew(3, monotonic() - 10)
    waiting = asyncio.create_task(lease.hold(3))
    await asyncio.sleep(0.05)
    lease.end()
    with pytest.raises(LeaseLostError):
        await waiting
