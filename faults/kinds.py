"""The faults, as data: how each begins, how long it lasts, and how it ends."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import msgspec

from faults.load import Load, write_calls
from faults.proxy import Link
from faults.stack import BROKERS, SLOTS, Stack, any_worker
from streams.flow.topics import EVENTS

End = Callable[[], None]
Begin = Callable[[Stack, Random], End]
#: A worker's session ends after 6 s: a pause or cut may be shorter or longer.
SHORT_S, LONG_S = 3.0, 9.0
REPLAY_S = 60.0


class Fault(msgspec.Struct, frozen=True):
    """One kind of fault. `begin` returns what ends it; it lasts one of `seconds`."""

    name: str
    says: str
    begin: Begin
    seconds: tuple[float, ...]
    load: Load = Load()
    needs_disk: bool = False


def _worker_killed(stack: Stack, rng: Random) -> End:
    slot = any_worker(stack, rng)
    stack.kill_worker(slot)
    return lambda: stack.start_worker(slot)


def _worker_paused(stack: Stack, rng: Random) -> End:
    slot = any_worker(stack, rng)
    stack.signal_worker(slot, signal.SIGSTOP)
    return lambda: stack.signal_worker(slot, signal.SIGCONT)


def _kill(stack: Stack, node: int) -> End:
    stack.kafka.kill(node)
    return lambda: stack.kafka.start_node(node)


def _broker_killed(stack: Stack, rng: Random) -> End:
    leader = stack.leader_of(EVENTS, 0)
    return _kill(stack, rng.choice([node for node in range(BROKERS) if node != leader]))


def _leader_killed(stack: Stack, rng: Random) -> End:
    return _kill(stack, stack.leader_of(rng.choice((EVENTS, "__consumer_offsets")), 0))


def _broker_paused(stack: Stack, rng: Random) -> End:
    node = rng.randrange(BROKERS)
    stack.kafka.pause(node)
    return lambda: stack.kafka.resume(node)


def _clickhouse_killed(stack: Stack, _rng: Random) -> End:
    stack.clickhouse.kill()
    return stack.clickhouse.start


def _clickhouse_paused(stack: Stack, _rng: Random) -> End:
    stack.clickhouse.pause()
    return stack.clickhouse.resume


def _clickhouse_slowed(stack: Stack, _rng: Random) -> End:
    for link in stack.clickhouse_links:
        link.slow(10)
    return lambda: _heal(*stack.clickhouse_links)


def _cut_from_kafka(stack: Stack, rng: Random) -> End:
    return _broken(rng, *stack.kafka_links[any_worker(stack, rng)])


def _cut_from_clickhouse(stack: Stack, rng: Random) -> End:
    return _broken(rng, stack.clickhouse_links[any_worker(stack, rng)])


def _broken(rng: Random, *links: Link) -> End:
    """Silence or refusal: both happen."""
    frozen = rng.random() < 0.5
    for link in links:
        (link.freeze if frozen else link.cut)()
    return lambda: _heal(*links)


def _heal(*links: Link) -> None:
    for link in links:
        link.heal()


def _disk_filled(stack: Stack, _rng: Random) -> End:
    if stack.disk is None:
        raise RuntimeError("there is no disk of ClickHouse's own to fill")
    ballast = stack.disk / "ballast"
    _fill(ballast)
    return ballast.unlink


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 20)):
                pass
        except OSError:  # full
            return


def _workers_come_and_go(stack: Stack, rng: Random) -> End:
    """Up to four workers join; afterwards two leave, not always those that came."""
    for slot in set(range(SLOTS)) - stack.workers.keys():
        stack.start_worker(slot)

    def leave() -> None:
        for slot in rng.sample(sorted(stack.workers), len(stack.workers) - 2):
            stack.remove_worker(slot)

    return leave


def _file_sent_twice(stack: Stack, rng: Random) -> End:
    """A file of calls goes in with `sanwang replay`, and while that may still run, once more."""
    file = write_calls(stack.folder / f"calls-{rng.getrandbits(40):x}.jsonl", stack.city, rng)
    first = stack.replay(file)

    def again() -> None:
        second = stack.replay(file)
        if first.wait(REPLAY_S) or second.wait(REPLAY_S):
            raise RuntimeError("sanwang replay failed")

    return again


def _nothing(_stack: Stack, _rng: Random) -> End:
    """The fault is in the load."""
    return lambda: None


_ALL = (
    Fault("worker killed", "SIGKILL to a worker; its supervisor starts it again", _worker_killed, (1.0, 4.0)),
    Fault("worker paused", "SIGSTOP to a worker, within its session or longer", _worker_paused, (SHORT_S, LONG_S)),
    Fault("broker killed", "SIGKILL to a broker that does not lead", _broker_killed, (4.0,)),
    Fault("leader killed", "SIGKILL to the leader of a partition or of the group", _leader_killed, (4.0,)),
    Fault("broker paused", "SIGSTOP to a broker, longer than its session", _broker_paused, (6.0,)),
    Fault("clickhouse killed", "SIGKILL to ClickHouse", _clickhouse_killed, (4.0,)),
    Fault("clickhouse paused", "SIGSTOP to ClickHouse", _clickhouse_paused, (6.0,)),
    Fault("clickhouse slowed", "every answer of ClickHouse takes ten times as long", _clickhouse_slowed, (6.0,)),
    Fault("cut from kafka", "one worker reaches no broker", _cut_from_kafka, (SHORT_S, LONG_S)),
    Fault("cut from clickhouse", "one worker does not reach ClickHouse", _cut_from_clickhouse, (5.0,)),
    Fault("disk full", "ClickHouse's disk is filled to the last byte", _disk_filled, (5.0,), needs_disk=True),
    Fault("workers come and go", "two to four workers, then two again", _workers_come_and_go, (8.0,)),
    Fault("file sent twice", "the same file of calls is replayed twice", _file_sent_twice, (2.0,)),
    Fault("batch corrupted", "300 records in a row with broken bytes", _nothing, (4.0,), Load(corrupt=True)),
    Fault("clock skewed", "a door stamps its records with a wrong time", _nothing, (4.0,), Load(skewed=True)),
)
FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _ALL}
