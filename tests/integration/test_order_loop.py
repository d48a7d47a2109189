"""The loop through a running worker: units answer, what is refused is a dead letter, the other line acknowledges."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from streams.flow.brokers import Broker
from streams.flow.topics import HAND_OVER_ACKS, HOTLINE_CALLS, ORDER_UPDATES, ORDERS
from tests.support.asked import get
from tests.support.feeding import CODEC, Raw, acknowledged, call, put, update
from tests.support.pipeline import Pipeline

LAMP, QUARREL = "hotline:loop-lamp", "hotline:loop-quarrel"
VILLAGE = "990109001001"  # where no other test on the same worker tells of anything


def orders(running: Pipeline, incident_id: str) -> list[dict[str, Any]]:
    """What the units were sent for an incident, in the order of the topic."""
    with Broker(running.settings.kafka.bootstrap) as broker:
        sent = [CODEC.decode("Order", record.value or b"") for record in broker.records(ORDERS)]
    return [order for order in sent if order["incident_id"] == incident_id]


def feed(running: Pipeline, topic: str, *values: bytes) -> list[int]:
    """Send to partition 0, wherever the key would lead; the offsets."""
    return asyncio.run(put(running.settings.kafka.bootstrap, topic, [Raw(value) for value in values]))


def settled(running: Pipeline) -> None:
    account = running.account(40)
    assert account.closed, f"{account}\n{running.worker.last_words()}"


@pytest.fixture(scope="module")
def lead(steady: Pipeline) -> dict[str, Any]:
    """The lead order of a lamp that is out."""
    feed(steady, HOTLINE_CALLS, call("loop-lamp", area_code=VILLAGE))
    settled(steady)
    return next(order for order in orders(steady, LAMP) if order["role"] == "lead")


def test_units_answer_and_what_is_refused_changes_nothing(steady: Pipeline, lead: dict[str, Any]) -> None:
    order, unit = lead["order_id"], lead["unit"]
    [(desk,)] = steady.ask("SELECT code FROM sanwang.units FINAL WHERE kind = 'command' ORDER BY code LIMIT 1")
    steps = [
        update("1", order, "accepted", unit), update("2", order, "in_hand", unit),
        update("2", order, "in_hand", unit),  # the same message again
        update("3", order, "closed", desk),  # not handled yet
        update("4", order, "handled", desk),  # not the unit
        update("5", order, "handled", unit, reason="请回电13712345678"),
        update("6", order, "caller_reached", desk), update("7", order, "solved", desk),
        update("8", order, "closed", desk),
        update("9", "hotline:nobody/V/1", "accepted", unit),
        update("10", order, "accepted", "王小明"),
        update("11", "no order", "accepted", unit),
        update("12", order, "dances", unit),
        update("5", order, "handled", unit)[:-3],
    ]  # fmt: skip
    offsets = feed(steady, ORDER_UPDATES, *steps)
    settled(steady)
    mine = f"WHERE order_id = '{order}'"
    taken = steady.ask(f"SELECT number, stage FROM sanwang.order_steps FINAL {mine} ORDER BY position")
    assert taken == [("1", "accepted"), ("2", "in_hand"), ("5", "handled"), ("6", "handled"), ("7", "handled"),
                     ("8", "closed")]  # fmt: skip
    letters = steady.ask("SELECT source_offset, reason FROM sanwang.dead_letters FINAL WHERE feed = 'order_updates' "
                         "ORDER BY source_offset")  # fmt: skip
    reasons = ["not_allowed", "not_the_unit", "unknown_order", "unknown_unit", "unknown_order", "bad_value",
               "undecodable"]  # fmt: skip
    assert letters == [(offsets[n], reason) for n, reason in zip((3, 4, 9, 10, 11, 12, 13), reasons, strict=True)]
    assert steady.ask(f"SELECT stage, solved, reached FROM sanwang.order_facts {mine}") == [("closed", 1, 1)]
    told = steady.asking.raw("SELECT * FROM sanwang.order_steps, sanwang.dead_letters", "TSV").decode()
    assert "13712345678" not in told
    assert "王小明" not in told


def test_an_order_that_is_handed_over_is_issued_to_the_other_unit(steady: Pipeline) -> None:
    feed(steady, HOTLINE_CALLS, call("loop-heap", detail="楼下垃圾堆成山，臭气熏天", area_code=VILLAGE))
    settled(steady)
    sent = orders(steady, "hotline:loop-heap")
    order = next(order for order in sent if order["role"] == "lead")
    [(other,)] = steady.ask(f"SELECT code FROM sanwang.units FINAL WHERE kind = 'department' AND code NOT IN "
                            f"({', '.join(repr(o['unit']) for o in sent)}) ORDER BY code LIMIT 1")  # fmt: skip
    [(desk,)] = steady.ask("SELECT code FROM sanwang.units FINAL WHERE kind = 'command' ORDER BY code LIMIT 1")
    feed(steady, ORDER_UPDATES, update("h1", order["order_id"], "returned", order["unit"], reason="非本单位职责"),
         update("h2", order["order_id"], "handed_over", desk, to_unit=other))  # fmt: skip
    settled(steady)
    [given] = [one for one in orders(steady, "hotline:loop-heap") if one["unit"] == other]
    assert given["order_id"] == f"hotline:loop-heap/{other}/1"
    assert (given["text"], given["role"], given["item"]) == (order["text"], "lead", order["item"])
    feed(steady, ORDER_UPDATES, update("h3", given["order_id"], "accepted", other))
    settled(steady)
    facts = steady.ask("SELECT unit, stage FROM sanwang.order_facts WHERE incident_id = 'hotline:loop-heap' "
                       "AND role = 'lead' ORDER BY stage")  # fmt: skip
    assert facts == [(other, "accepted"), (order["unit"], "handed_over")]


def test_a_hand_over_is_acknowledged_once_and_followed_up(steady: Pipeline) -> None:
    """Violence at home goes to the police at once; when they have it, it goes back for mediation."""
    quarrel = call("loop-quarrel", detail="丈夫喝了酒家庭暴力，正在殴打妻子", kind="求助", area_code=VILLAGE)
    feed(steady, HOTLINE_CALLS, quarrel)
    settled(steady)
    mine = f"WHERE incident_id = '{QUARREL}'"
    pushed = steady.ask(f"SELECT from_line, to_line, reason FROM sanwang.hand_overs FINAL {mine}")
    assert pushed == [("12345", "110", "violence")]
    way = ("12345", "110", "violence")
    offsets = feed(
        steady, HAND_OVER_ACKS, acknowledged("a1", QUARREL, *way), acknowledged("a1", QUARREL, *way),
        acknowledged("a2", QUARREL, *way), acknowledged("a3", "hotline:nobody", *way),
        acknowledged("a4", QUARREL, "12345", "119", "violence"),
    )  # fmt: skip
    settled(steady)
    rows = steady.ask(
        "SELECT from_line, to_line, reason, acknowledged_at IS NOT NULL FROM sanwang.hand_overs FINAL "
        f"{mine} ORDER BY reason"
    )
    assert rows == [("110", "12345", "mediation", 0), ("12345", "110", "violence", 1)]
    letters = steady.ask("SELECT source_offset, reason FROM sanwang.dead_letters FINAL WHERE feed = 'hand_over_acks' "
                         "ORDER BY source_offset")  # fmt: skip
    reasons = ("acknowledged_before", "unknown_hand_over", "bad_value")
    assert letters == list(zip(offsets[2:], reasons, strict=True))
    assert steady.ask(f"SELECT reason FROM sanwang.stuck_hand_overs {mine}") == [("mediation",)]
    time.sleep(1.5)  # the timer looks once a second
    _, metrics = get(steady.settings.telemetry.port, "/metrics")
    lines = [line for line in metrics.splitlines() if line.startswith("sanwang_hand_overs_waiting{")]
    assert sum(float(line.split()[1]) for line in lines) >= 1
