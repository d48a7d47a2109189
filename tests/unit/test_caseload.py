"""What the timer does to a caseload: live orders by the wall clock, history as far as it was told, each signal once."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from streams.core.casework import Answered, Issued, Paper
from streams.core.deadline import DAY, HOUR
from streams.core.order_book import KEPT_MS
from streams.core.order_update import Update
from streams.flow.case_state import CaseLog
from streams.flow.topics import CASELOAD, LEDGER, SUPERVISION
from tests.support.casework import CrashError, Office
from tests.support.order_loop import MONDAY, lives

ORDER = replace(lives(1, 1)[0][0], issued_at=MONDAY)


def issued(*, replayed: bool) -> Issued:
    return Issued(ORDER, MONDAY, replayed)


def step(at: int, word: str = "accepted", number: str = "1", offset: int = 0, *, replayed: bool = True) -> Answered:
    update = Update(number, ORDER.order_id, word, at, ORDER.unit, "why", offset=offset)  # type: ignore[arg-type] # any word
    return Answered(update, at, replayed)


def signals(office: Office) -> list[str]:
    return [signal.split("#")[1] for signal in sorted(office.told().signals)]


def run(*papers: Paper, crashes: set[int] = frozenset()) -> Office:  # type: ignore[assignment] # an empty set
    async def work() -> Office:
        office = Office(crashes)
        await office.work(papers, 10)
        await office.look()
        await office.look()
        return office

    return asyncio.run(work())


def test_a_live_order_is_supervised_by_the_wall_clock() -> None:
    assert signals(run(issued(replayed=False))) == [
        "1/escalation/1", "1/escalation/2", "1/escalation/3", "1/reminder/0", "1/urging/0"]  # fmt: skip


def test_history_is_supervised_as_far_as_its_answers_go() -> None:
    assert signals(run(issued(replayed=True))) == []
    assert signals(run(issued(replayed=True), step(MONDAY + HOUR))) != signals(run(issued(replayed=False)))


def test_each_signal_is_on_the_topic_once_however_often_the_timer_looks() -> None:
    office = run(issued(replayed=False))
    assert len(office.memory.sent[SUPERVISION]) == 5


def test_signals_that_were_decided_before_a_crash_are_told_after_it() -> None:
    """The third send would tell: it fails, and the next owner of the partition finds what was decided."""

    async def work() -> tuple[int, list[str]]:
        office = Office()
        await office.work([issued(replayed=False)], 10)
        office.memory.crashes.add(len(office.memory.sent[CASELOAD]) - 2 + 2)
        told = office.memory.sent.get(SUPERVISION, [])
        try:
            await office.look()
        except CrashError:
            told = list(office.memory.sent.get(SUPERVISION, []))
        office.memory.crashes.clear()
        office.caseloads.revoke([0])
        await office.look()
        return len(told), signals(office)

    before, after = asyncio.run(work())
    assert before == 0
    assert len(after) == 5


def test_what_ended_long_ago_is_deleted_from_the_state_topic() -> None:
    other, later = "hotline:0/E-CG/9", MONDAY + 3 * HOUR
    office = run(
        issued(replayed=True), step(MONDAY + HOUR), step(MONDAY + 2 * HOUR, "handled", "2", 1),
        Issued(replace(ORDER, order_id=other, issued_at=later), MONDAY, replayed=True),
        Answered(Update("9", other, "accepted", later + KEPT_MS, "E-CG", offset=2), 0, replayed=True),
    )  # fmt: skip
    log = CaseLog()
    for key, value in office.memory.sent[CASELOAD]:
        log.read(key, value)
    kept = {key for key in log._latest if key[:1] in b"ro"}
    assert kept == {b"rhotline:0/E-CG/9"}
    assert (b"r" + ORDER.order_id.encode(), None) in office.memory.sent[CASELOAD]


def test_a_message_from_the_past_does_not_turn_the_clock_of_history_back() -> None:
    late, early = step(MONDAY + DAY), step(MONDAY + HOUR, "in_hand", "2", 1)
    office = run(issued(replayed=True), late, early)
    assert signals(office) == signals(run(issued(replayed=True), late))
    assert office.told().rows["dead_letters"]
    assert office.memory.sent[LEDGER]
