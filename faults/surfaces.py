"""The ways in that are fuzzed: each makes a malformed input from a seed and says what became of it.

Another way in becomes one more entry of `surfaces`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Protocol

import msgspec
from aiokafka import ConsumerRecord

from faults.came import PLANTED, Came
from faults.http_door import HttpDoor
from faults.mutate import broken_bytes, odd_fields
from streams.city.city import City
from streams.core.accept import Door
from streams.core.classify import Classifier
from streams.core.event import Event
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.errors import RefusedError
from streams.flow.all_clears import AllClears
from streams.flow.dead_letters import DeadLetter
from streams.flow.intake import Intake, encode_events
from streams.flow.opinions import Opinions
from streams.flow.rows import dead_letter_row, event_row
from streams.flow.topics import FEED_TOPICS, GRID_ALLCLEARS, RECORDS
from streams.intake.jsonrows import json_rows
from streams.intake.lines import Line
from streams.intake.maps import default_map
from streams.intake.posting import Poster
from streams.intake.simulator import Simulator, profile_named
from streams.telemetry.metrics import Metrics
from streams.warehouse.packed import pack
from streams.warehouse.tables import TABLES
from streams.wire.codec import Codec
from streams.wire.source import FileSource

GOOD_ONES = 400  # good records of each feed, which are then spoiled
FRESH_DESK = 5_000  # events on one desk
KEY = b"k" * 32
_encoder = msgspec.msgpack.Encoder()


class Surface(Protocol):
    """One way in."""

    name: str

    def fuzz(self, rng: Random) -> Came:
        """Make one malformed input and let it in; whatever this raises is a crash."""

    def close(self) -> None:
        """End what it had started."""


class _Unused:
    """In place of a publisher: the step up to it is what is fuzzed."""


@dataclass
class FeedSurface:
    """A feed's topic, through the very steps of a worker."""

    name: str
    goods: Sequence[dict[str, object]]
    codec: Codec
    intake: Intake
    clears: AllClears
    desks: Iterator[Desk]
    desk: Desk
    events: int = 0

    def fuzz(self, rng: Random) -> Came:
        record = self._record(self.malformed(rng), rng)
        step: Any = self.clears if self.name == GRID_ALLCLEARS else self.intake
        good, letters = step._take([record])
        [taken] = [*good, *letters]
        if isinstance(taken, DeadLetter):
            told = self.codec.encode("DeadLetter", msgspec.structs.asdict(taken))
            return Came(taken.reason, told + pack(TABLES["dead_letters"], [dead_letter_row(taken)]).data)
        if isinstance(taken, Event):
            return Came("accepted", self._decide(taken))
        return Came("accepted", pack(TABLES["all_clears"], [taken]).data)

    def close(self) -> None:
        """Nothing was started."""

    def malformed(self, rng: Random) -> bytes | None:
        """A record's bytes as nobody should send them."""
        good = rng.choice(self.goods)
        if rng.random() < 0.4:
            with suppress(RefusedError):  # what cannot be written at all is broken as bytes
                return self.codec.encode(RECORDS[self.name], odd_fields(good, rng))
        if rng.random() < 0.02:
            return None
        return broken_bytes(self.codec.encode(RECORDS[self.name], good), rng)

    def _record(self, value: bytes | None, rng: Random) -> ConsumerRecord:
        headers = ((rng.choice(("sanwang-refused", "sanwang-replay", "x")), rng.randbytes(rng.randrange(30))),)
        stamp = rng.choice((int(time.time() * 1000),) * 9 + (-1, 0, 2**62))
        return ConsumerRecord(
            self.name, 0, rng.randrange(2**40), stamp, 0, b"k", value, 0, 0, 0, headers if rng.random() < 0.05 else ()
        )

    def _decide(self, event: Event) -> bytes:
        """What follows acceptance: the hop to triage and its decision."""
        [(_, data)] = encode_events([event])
        [event] = msgspec.msgpack.decode(data, type=list[Event])
        self.events += 1
        if self.events % FRESH_DESK == 0:
            self.desk = next(self.desks)
        decision = self.desk.decide(event, event.clock)
        row = event_row("log", event, decision, 0)
        return data + pack(TABLES["events"], [row]).data + _encoder.encode(decision.orders)


@dataclass
class _Rows:
    """A file of calls as JSON Lines, through the replay's door."""

    name: str
    goods: Sequence[dict[str, object]]
    poster: Poster

    def fuzz(self, rng: Random) -> Came:
        good = rng.choice(self.goods)
        odd = rng.random() < 0.5
        data = msgspec.json.encode(odd_fields(good, rng)) if odd else broken_bytes(msgspec.json.encode(good), rng)
        rows = list(json_rows(iter([Line(1, data.replace(b"\n", b" "), "")]), "utf-8"))
        if not rows:
            return Came("refused", b"")  # a blank line is none
        post = self.poster.post(*rows[0])
        if post.at_ms is not None:
            return Came("accepted", b"")  # the record goes to the feed, where it is fuzzed as well
        return Came("refused", post.value + b"".join(value for _, value in post.headers))

    def close(self) -> None:
        """Nothing was started."""


def surfaces(city: City, folder: Path, seed: int) -> list[Surface]:
    """Every way in, on a city and its folder, with good inputs from a seed."""
    codec, publisher, metrics = Codec(FileSource()), _Unused(), Metrics()
    door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), KEY)
    opinions = Opinions(folder, city.catalogue, metrics)
    intake = Intake("log", 4, codec, door, opinions, publisher, metrics)  # type: ignore[arg-type]  # nothing is sent
    grids = frozenset(code for code in city.areas if len(code) > 12)
    clears = AllClears("log", grids, codec, publisher, intake, 4, metrics)  # type: ignore[arg-type]  # likewise
    router = Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
    desks = (Desk(city.catalogue, router) for _ in iter(int, 1))
    goods = _goods(city, seed)
    feeds: list[Surface] = [
        FeedSurface(topic, goods[topic], codec, intake, clears, desks, next(desks)) for topic in FEED_TOPICS
    ]
    poster = Poster(default_map("hotline", "calls.jsonl", None), codec, "calls.jsonl")
    return [*feeds, _Rows("file of calls", goods["hotline.calls"], poster), HttpDoor(city, goods)]


def _goods(city: City, seed: int) -> dict[str, list[dict[str, object]]]:
    goods: dict[str, list[dict[str, object]]] = {topic: [] for topic in FEED_TOPICS}
    day = Simulator(city, seed, int(time.time() * 1000), profile_named("calm"), 100.0)
    for fed in day:
        if not fed.spoiled and len(goods[fed.topic]) < GOOD_ONES:
            goods[fed.topic].append(_planted(dict(fed.record)))
        if all(len(found) == GOOD_ONES for found in goods.values()):
            return goods
    raise AssertionError("the simulator has no end")


def _planted(record: dict[str, object]) -> dict[str, object]:
    """The record with the planted number wherever people write one."""
    for name in {"caller", "caller_phone", "worker"} & record.keys():
        record[name] = PLANTED
    for name in {"text", "detail", "address"} & record.keys():
        record[name] = f"{record[name] or ''} 电话{PLANTED}。"
    return record
