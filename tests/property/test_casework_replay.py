"""Casework through the real step: whatever crashes and is told again, the world hears the same story, each part once.

Random lives, legal and illegal, with messages that come twice. The calm office settles all papers in one go. The other
one loses a send here and there, works in small chunks, and gets papers again as after a crash before they were
acknowledged. Both must end in the same state, with the same steps, signals, orders, receipts and dead letters.
"""

import asyncio
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.acknowledgement import Ack, Pushed
from streams.core.casework import Acked, Answered, Issued, Paper, Sent
from streams.core.deadline import HOUR, MINUTE
from streams.core.decision import Order
from streams.core.handover import HandOver
from streams.core.order_update import STEPS, Update
from tests.support.casework import DESK, Office, Told
from tests.support.order_loop import LIMITS, MONDAY, UNITS, lives

WAYS = 2  # partitions of the topic on which units answer


class Desk:
    """Makes up papers: what triage sends, and what comes back, some of it wrong or twice."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.papers: list[Paper] = []
        self._offsets = [0] * WAYS
        self._said: list[Update] = []

    def fill(self) -> list[Paper]:
        for order, states in lives(self.rng.randrange(40), 5):
            one = replace(order, incident_id="hotline:0", order_id=f"hotline:0/{order.unit}/{order.order_id[-3:]}")
            replayed = self.rng.random() < 0.5
            self.papers.append(Issued(one, order.issued_at, replayed))
            for update in states[-1].history:
                self.say(replace(update, order_id=one.order_id), replayed=replayed)
                if self.rng.random() < 0.3:
                    self.say(self.wrong(one, update.at), replayed=replayed)
                if self.rng.random() < 0.1:
                    self.say(self.rng.choice(self._said), replayed=replayed)
        self.hand_overs()
        return self.papers

    def wrong(self, order: Order, at: int) -> Update:
        """Any step, at about that time, by anybody: most are refused."""
        step: Any = self.rng.choice(STEPS)
        later = at + self.rng.randrange(-HOUR, HOUR)
        by, unit, item = (self.rng.choice(each) for each in ((*UNITS, DESK), (*UNITS, "nobody"), sorted(LIMITS)))
        return Update(f"w{len(self.papers)}", order.order_id, step, later, by, "why", unit, "i/E-CG/1", item, "1h")

    def say(self, update: Update, *, replayed: bool) -> None:
        way = self.rng.randrange(WAYS) if self.rng.random() < 0.1 else 0
        placed = replace(update, partition=way, offset=self._next(way))
        self._said.append(placed)
        self.papers.append(Answered(placed, update.at + MINUTE, replayed))

    def hand_overs(self) -> None:
        pushed = HandOver("hotline:0", "12345", "110", "violence", MONDAY)
        self.papers.append(Sent(Pushed(pushed, MONDAY, MONDAY)))
        for number in ("1", "1", "2", "3"):
            at = MONDAY + self.rng.randrange(-HOUR, HOUR)
            ack = Ack(number, "hotline:0", "12345", "110", "violence", at, 0, len(self.papers))
            self.papers.append(Acked(ack, MONDAY + HOUR, replayed=False))

    def _next(self, way: int) -> int:
        self._offsets[way] += 1
        return self._offsets[way]


def told_again(papers: list[Paper], rng: Random) -> list[Paper]:
    """The papers as a crash leaves them in the log: now and then the last few come again, in their order."""
    again: list[Paper] = []
    for number, paper in enumerate(papers):
        again.append(paper)
        if rng.random() < 0.2:
            again += papers[max(0, number - rng.randrange(6)) : number + 1]
    return again


def story(papers: list[Paper], chunk: int, crashes: set[int]) -> Told:
    async def work() -> Told:
        office = Office(crashes)
        await office.work(papers, chunk)
        office.memory.crashes.clear()
        await office.look()
        return office.told()

    return asyncio.run(work())


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 9), st.sets(st.integers(0, 120), max_size=12))
def test_crashes_and_repetitions_change_nothing(seed: int, chunk: int, crashes: set[int]) -> None:
    papers = Desk(seed).fill()
    calm = story(papers, 50, set())
    stormy = story(told_again(papers, Random(seed)), chunk, crashes)
    for table in calm.rows.keys() | stormy.rows.keys():
        assert stormy.rows.get(table, set()) == calm.rows.get(table, set()), table
    assert stormy.signals == calm.signals
    assert stormy.orders == calm.orders
    assert stormy.state == calm.state


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_every_answer_ends_as_exactly_one_of_taken_redelivered_dead(seed: int) -> None:
    papers = Desk(seed).fill()
    rows = story(papers, 7, set()).rows
    answers = sum(isinstance(paper, Answered | Acked) for paper in papers)
    receipts = {row[1:4] for row in rows.get("receipts", set())}
    letters = {row[1:4] for row in rows.get("dead_letters", set())}
    assert not receipts & letters
    assert len(receipts) + len(letters) == answers
    taken = [row for row in rows.get("receipts", set()) if row[1] == "order_updates" and row[4] == "applied"]
    assert len(taken) == len(rows.get("order_steps", set()))


def test_the_made_up_lives_are_worth_telling() -> None:
    papers = [paper for seed in range(8) for paper in [Desk(seed).fill()]]
    told = [story(each, 50, set()) for each in papers]
    reasons = {row[4] for one in told for row in one.rows.get("dead_letters", set())}
    assert len(reasons) > 5, reasons
    assert sum(len(one.signals) for one in told) > 50
    assert sum(len(one.orders) for one in told) > 3
    assert {row[4] for one in told for row in one.rows["receipts"]} == {"applied", "redelivered"}
