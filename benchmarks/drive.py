"""The driver, a process of its own: sends loads when they are due, or as fast as the broker takes them.

Open loop: record number n of a stream is due at `start + n / rate`, whatever became of those before it, and bears that
moment as its Kafka timestamp. Latency is counted from there, so a pipeline, a broker or a driver that stalls makes
every record late that was due meanwhile; nothing is omitted.

`python -m benchmarks.drive SPEC`, where SPEC is a `Drive` as JSON. It speaks with its parent in lines: prints `ready`,
waits for a line, prints one JSON object (`Driven`) at the end.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
from aiokafka import AIOKafkaProducer

from benchmarks.histogram import Histogram
from benchmarks.loads import TOPICS, Load, Wanted, open_load
from streams.flow import event_loop

BATCH_BYTES = 512 * 1024
#: How long records of a stream gather, by its rate: who sends by the thousand lingers (Kafka's own default is 5 ms),
#: and batches of two records would cost the machine that is measured more than the pipeline does.
TICKS_S = ((1_000, 0.001), (5_000, 0.005), (float("inf"), 0.02))
MOST_AT_ONCE = 20_000  # records of one stream between two looks at the clock


class Stream(msgspec.Struct, frozen=True):
    """One load at `rate` records a second (0: as fast as possible), `records` in all, the load again when it ends."""

    load: Wanted
    rate: float
    records: int


class Drive(msgspec.Struct, frozen=True):
    """What a driver has to do."""

    servers: str
    partitions: int
    city: str
    cache: str
    streams: list[Stream]


class Driven(msgspec.Struct, frozen=True):
    """What a driver did. Times in ms UTC; `late` is how long after its due time a record was handed to the producer."""

    started_ms: float
    ended_ms: float
    sent: dict[str, int]
    bytes: int
    cycles: int
    cpu_s: float
    late: Histogram


class _Play:
    """A stream while it is sent."""

    def __init__(self, stream: Stream, load: Load, partitions: int) -> None:
        self.stream, self.load, self.partitions = stream, load, partitions
        self.next = 0
        self.tick_s = next(tick_s for most, tick_s in TICKS_S if stream.rate <= most)
        self.look_s = 0.0  # seconds after the start at which to look for what is due

    @property
    def over(self) -> bool:
        """Whether all of it is sent."""
        return self.next >= self.stream.records

    def due(self, elapsed_s: float) -> int:
        """How many records to send now."""
        left = self.stream.records - self.next
        wanted = int(elapsed_s * self.stream.rate) + 1 - self.next if self.stream.rate else MOST_AT_ONCE
        return max(0, min(left, wanted, MOST_AT_ONCE))

    def take(self, count: int, started_ms: float) -> Iterator[tuple[str, int, bytes, bytes, int]]:
        """Topic, partition, key, value and timestamp of the next records."""
        load, size = self.load, len(self.load)
        gap_ms = 1000 / self.stream.rate if self.stream.rate else 0.0
        now_ms = int(time.time() * 1000)
        for number in range(self.next, self.next + count):
            cycle, place = divmod(number, size)
            key, value = load.record(place, load.run_of(cycle))
            due_ms = int(started_ms + number * gap_ms) if gap_ms else now_ms
            yield TOPICS[load.topics[place]], crc32(key) % self.partitions, key, value, due_ms
        self.next += count


class Driver:
    """Plays all streams of a drive at once."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        cache, city = Path(drive.cache), Path(drive.city)
        self._plays = [_Play(s, open_load(s.load, city, cache), drive.partitions) for s in drive.streams]
        self._sent: Counter[str] = Counter()
        self._bytes = 0
        self._late = Histogram()
        self._flying: set[asyncio.Future[object]] = set()
        self._producer: Any = None
        self._batches: dict[tuple[str, int], Any] = {}

    async def run(self) -> None:
        """Connect, wait for the word, send everything, tell."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._drive.servers, acks="all", max_batch_size=BATCH_BYTES,
            max_request_size=8 * BATCH_BYTES,
        )
        await self._producer.start()
        try:
            for topic in TOPICS:
                await self._producer.partitions_for(topic)
            _say("ready")
            await asyncio.to_thread(sys.stdin.readline)
            gc.freeze()
            gc.disable()
            _say(msgspec.json.encode(await self._play()).decode())
        finally:
            await self._producer.stop()

    async def _play(self) -> Driven:
        cpu, started_ms, started = time.process_time(), time.time() * 1000, time.perf_counter()
        while under_way := [play for play in self._plays if not play.over]:
            elapsed = time.perf_counter() - started
            for play in under_way:
                if play.look_s <= elapsed:
                    play.look_s = elapsed + play.tick_s
                    await self._send(play, play.due(elapsed), started_ms)
            await asyncio.gather(*(self._flush(place) for place in list(self._batches)))
            await asyncio.sleep(min(play.look_s for play in under_way) - (time.perf_counter() - started))
        await asyncio.gather(*self._flying)
        cycles = max(play.next // len(play.load) for play in self._plays)
        return Driven(
            started_ms, time.time() * 1000, dict(self._sent), self._bytes, cycles, time.process_time() - cpu, self._late
        )

    async def _send(self, play: _Play, count: int, started_ms: float) -> None:
        if not count:
            return
        if play.stream.rate:  # the eldest of those that are due now
            self._late.add(time.time() * 1000 - started_ms - play.next * 1000 / play.stream.rate, count)
        for topic, partition, key, value, due_ms in play.take(count, started_ms):
            place = (topic, partition)
            batch = self._batches.get(place)
            if batch is None or batch.append(key=key, value=value, timestamp=due_ms) is None:
                await self._flush(place)
                batch = self._batches[place] = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=due_ms)
            self._sent[topic] += 1
            self._bytes += len(value)

    async def _flush(self, place: tuple[str, int]) -> None:
        batch = self._batches.pop(place, None)
        if batch is not None:
            confirmation = await self._producer.send_batch(batch, place[0], partition=place[1])
            self._flying.add(confirmation)
            confirmation.add_done_callback(self._flying.discard)


def _say(line: str) -> None:
    print(line, flush=True)  # the parent reads it


def main(spec: str) -> None:
    """Drive as the JSON in `spec` says."""
    event_loop.install()

    async def run() -> None:
        await Driver(msgspec.json.decode(spec, type=Drive)).run()

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1])
