"""The load of a round: a seeded storm at a steady pace, and what has to become of each of its records."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple, get_args

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.city.city import City
from streams.core.accept import MAX_EARLY_MS
from streams.flow.topics import HOTLINE_CALLS
from streams.intake.simulator import Simulator, profile_named, value_of
from streams.intake.simulator.spoil import Spoiled
from streams.wire.codec import Codec
from streams.wire.source import FileSource

PATIENCE_S = 120.0
CALLS_IN_FILE = 300
#: What the simulator spoils and intake must refuse; an unknown area alone is no reason: the report is the city's then.
REFUSED = frozenset(get_args(Spoiled)) - {"", "unknown_area"}
CORRUPTED = 300  # records in a row whose bytes are broken on their way
SKEWS_MS = (-3_600_000, -300_000, 300_000, 1_200_000)  # a door's clock: records are stamped by it


class Load(msgspec.Struct, frozen=True):
    """What is fed in a round; `corrupt` breaks the bytes of some records, `skewed` stamps all of them wrongly."""

    records: int = 3_000
    rate: float = 750.0
    corrupt: bool = False
    skewed: bool = False


class Item(NamedTuple):
    """One record to send."""

    after_s: float
    topic: str
    key: bytes
    value: bytes
    dead: bool  # truth: it must become a dead letter


def items_of(load: Load, city: City, seed: int, number: int) -> list[Item]:
    """The records of round `number` in a session of that seed."""
    start = int(time.time() * 1000)
    storm = Simulator(city, seed * 100_003 + number, start, profile_named("storm"), load.rate)
    codec = Codec(FileSource())
    items = [
        Item((fed.due_ms - start) / 1000, fed.topic, fed.key, value_of(fed, codec), fed.spoiled in REFUSED)
        for fed in itertools.islice(storm, load.records)
    ]
    if skew_of(load, seed, number) < -MAX_EARLY_MS:  # told before it happened: refused, and not for ever
        items = [item._replace(dead=True) for item in items]
    if load.corrupt:
        rng = Random(f"{seed}/{number}")
        first = rng.randrange(len(items) - CORRUPTED)
        items[first : first + CORRUPTED] = [_corrupted(item, rng) for item in items[first : first + CORRUPTED]]
    return items


def _corrupted(item: Item, rng: Random) -> Item:
    """Its first bytes, which say what follows, overwritten: nothing can be made of it."""
    return item._replace(value=rng.randbytes(12) + item.value[12:], dead=True)


def skew_of(load: Load, seed: int, number: int) -> int:
    """How many milliseconds the door's clock is off in this round."""
    return Random(f"{seed}/{number}/clock").choice(SKEWS_MS) if load.skewed else 0


def write_calls(file: Path, city: City, rng: Random) -> Path:
    """A file of good calls to the hotline, one JSON object a line."""
    day = Simulator(city, rng.getrandbits(40), int(time.time() * 1000), profile_named("calm"), 100.0)
    calls = (fed.record for fed in day if fed.topic == HOTLINE_CALLS and not fed.spoiled and not fed.again)
    file.write_bytes(b"\n".join(msgspec.json.encode(call) for call in itertools.islice(calls, CALLS_IN_FILE)))
    return file


async def feed(servers: str, items: Sequence[Item], skew_ms: int, stopped: Callable[[], bool]) -> None:
    """Send the items at their pace, each again until the brokers have confirmed it; returns when all are.

    Raises TimeoutError when something stays unconfirmed for two minutes.
    """
    async with AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", linger_ms=20, request_timeout_ms=10_000, max_batch_size=64_000
    ) as producer:
        began = time.monotonic()
        flying: list[tuple[Item, asyncio.Future[object]]] = []
        for item in items:
            if (early := began + item.after_s - time.monotonic()) > 0.01:
                await asyncio.sleep(early)
            if stopped():
                return
            flying.append((item, await _sent(producer, item, skew_ms)))
        async with asyncio.timeout(PATIENCE_S):
            while flying:
                flying = [(item, await _sent(producer, item, skew_ms)) for item in await _unconfirmed(flying)]


async def _sent(producer: AIOKafkaProducer, item: Item, skew_ms: int) -> asyncio.Future[object]:
    stamp = int(time.time() * 1000) + skew_ms
    while True:
        try:
            sent: asyncio.Future[object] = await producer.send(
                item.topic, item.value, key=item.key, timestamp_ms=stamp
            )
        except KafkaError:
            await asyncio.sleep(0.2)
        else:
            return sent


async def _unconfirmed(flying: Iterable[tuple[Item, asyncio.Future[object]]]) -> list[Item]:
    left = []
    for item, sent in flying:
        try:
            await sent
        except KafkaError:
            left.append(item)
    return left
