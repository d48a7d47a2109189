"""Units that answer: what becomes of an order, drawn from a seed and the order's id, and when.

Times have the heavy tails of the field. Police: accepted in a minute, there in 8 (nine in ten within 15: the targets
are 5 in town and 10 outside). Matters of 12345: half are handled after 11.2 days, one in ten after more than 45, as on
one public board of real answers (median 11.2, p90 41, p99 167). The grid: half within three hours. Some orders are
returned and handed to another unit, extended, suspended, reopened because the caller says that nothing is solved; one
in a hundred is never answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from random import Random
from typing import NamedTuple

from streams.city.city import City
from streams.core.localtime import from_ms
from streams.core.unit import Unit
from streams.flow.topics import HAND_OVER_ACKS, ORDER_UPDATES

Record = dict[str, object]
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_SILENT, _RETURNED, _EXTENDED, _SUSPENDED = 0.01, 0.06, 0.05, 0.03
_VERIFIED, _REACHED, _SOLVED, _SATISFIED, _REOPENED = 0.6, 0.7, 0.85, 0.8, 0.5  # the last: of the unsolved
_UNACKNOWLEDGED = 0.02


class Span(NamedTuple):
    """A lognormal time: half are shorter than `median` ms, nine in ten than `nine_in_ten`."""

    median: float
    nine_in_ten: float

    def draw(self, rng: Random) -> int:
        """One of them, in ms."""
        sigma = log(self.nine_in_ten / self.median) / 1.2816
        return round(self.median * exp(rng.gauss(0.0, sigma)))


class Speed(NamedTuple):
    """How fast units are that are told over one net."""

    accept: Span
    handle: Span  # after it was accepted, or somebody has arrived


_ARRIVAL = Span(8 * _MINUTE, 15 * _MINUTE)
_SPEEDS: Mapping[str, Speed] = {
    "police": Speed(Span(_MINUTE, 3 * _MINUTE), Span(40 * _MINUTE, 150 * _MINUTE)),
    "hotline": Speed(Span(_HOUR, 6 * _HOUR), Span(11.2 * _DAY, 45 * _DAY)),
    "grid": Speed(Span(15 * _MINUTE, _HOUR), Span(3 * _HOUR, 14 * _HOUR)),
}
_ACKNOWLEDGED = Span(2 * _MINUTE, 10 * _MINUTE)


class Answer(NamedTuple):
    """One record to be sent to a topic."""

    at: int  # ms UTC
    topic: str
    key: bytes
    record: Record


class Units:
    """The units of a city, as they answer. The same order gets the same answers, at the same times after its issue."""

    def __init__(self, city: City, seed: int, pace: float = 1.0) -> None:
        """`pace` is how many times faster than real ones they are."""
        self._seed, self._pace, self._units = seed, pace, city.units
        self._desk = min((unit for unit in city.units.values() if unit.kind == "command"), key=_widest).code
        self._alike: dict[tuple[str, str], list[str]] = {}
        for unit in city.units.values():
            self._alike.setdefault((unit.kind, unit.territory), []).append(unit.code)

    def answers(self, order: Mapping[str, object]) -> list[Answer]:
        """What becomes of an order (a decoded `Order`), in the order of time."""
        life = _Life(order, Random(f"{self._seed}/{order['order_id']}"), self._pace)  # noqa: S311 - made up
        unit, rng = life.unit, life.rng
        if rng.random() < _SILENT:
            return []
        speed = _SPEEDS["police" if order["life_safety"] else str(order["feed"])]
        if rng.random() < _RETURNED and (other := self._other(unit, rng)):
            life.step(speed.accept, "returned", unit, reason="不属本单位职责")
            life.step(speed.accept, "handed_over", self._desk, to_unit=other)
            return life.told
        life.step(speed.accept, "accepted", unit)
        if order["life_safety"] or order["feed"] == "police":
            life.step(_ARRIVAL, "arrived", unit)
        self._work(life, speed)
        self._ask(life, speed)
        return life.told

    def acknowledgement(self, pushed: Mapping[str, object]) -> Answer | None:
        """When the other line takes a record (a decoded `HandOver`); None if it never does."""
        identity = {name: pushed[name] for name in ("incident_id", "from_line", "to_line", "reason")}
        number = "/".join(map(str, identity.values()))
        rng = Random(f"{self._seed}/{number}")  # noqa: S311 - made up
        if rng.random() < _UNACKNOWLEDGED:
            return None
        at = int(str(pushed["pushed_at"])) + round(_ACKNOWLEDGED.draw(rng) / self._pace)
        record: Record = {"number": number, **identity, "ack_time": from_ms(at)}
        return Answer(at, HAND_OVER_ACKS, str(pushed["incident_id"]).encode(), record)

    def _work(self, life: _Life, speed: Speed) -> None:
        unit, rng = life.unit, life.rng
        life.step(speed.accept, "in_hand", unit)
        if rng.random() < _SUSPENDED:
            life.step(speed.accept, "suspended", unit, reason="等待材料")
            life.step(speed.handle, "resumed", unit)
        if rng.random() < _EXTENDED and unit != self._desk:
            life.step(speed.accept, "extension_asked", unit, reason="情况复杂")
            life.step(speed.accept, "extension_granted", self._desk, extra_limit="3wd")
        life.step(speed.handle, "handled", unit)

    def _ask(self, life: _Life, speed: Speed) -> None:
        """After the work: somebody looks, the caller is asked, and it is closed or begun again."""
        rng = life.rng
        if rng.random() < _VERIFIED and life.unit != self._desk:
            life.step(speed.accept, "verified", self._desk)
        if rng.random() < _REACHED:
            life.step(speed.accept, "caller_reached", self._desk)
            solved = rng.random() < _SOLVED
            life.step(speed.accept, "solved" if solved else "unsolved", self._desk)
            life.step(speed.accept, "satisfied" if rng.random() < _SATISFIED else "dissatisfied", self._desk)
            if not solved and rng.random() < _REOPENED:
                life.step(speed.accept, "reopened", self._desk, reason="诉求人称未解决")
                life.step(speed.handle, "handled", life.unit)
        life.step(speed.accept, "closed", self._desk)

    def _other(self, unit: str, rng: Random) -> str:
        """Another unit of the same kind and territory, "" where there is none."""
        known = self._units.get(unit)
        alike = self._alike.get((known.kind, known.territory), []) if known else []
        others = [code for code in alike if code != unit]
        return others[int(rng.random() * len(others))] if others else ""


class _Life:
    """The answers to one order while they are made up."""

    def __init__(self, order: Mapping[str, object], rng: Random, pace: float) -> None:
        self.rng = rng
        self.unit = str(order["unit"])
        self.told: list[Answer] = []
        self._order_id, self._pace = str(order["order_id"]), pace
        self._at = int(str(order["issued_at"]))

    def step(self, after: Span, step: str, by: str, **more: object) -> None:
        """A step that is taken some time `after` the one before."""
        self._at += round(after.draw(self.rng) / self._pace)
        number = f"{self._order_id}:{len(self.told) + 1}"
        record: Record = {"number": number, "order_id": self._order_id, "step": step, "step_time": from_ms(self._at),
                          "by": by, **more}  # fmt: skip
        self.told.append(Answer(self._at, ORDER_UPDATES, self._order_id.encode(), record))


def _widest(unit: Unit) -> tuple[int, str]:
    return len(unit.territory.rstrip("0")), unit.code
