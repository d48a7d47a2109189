"""The account: what the broker took, against what became of it in ClickHouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from streams.config import Settings
from streams.flow.brokers import Broker
from streams.flow.security import kafka_python_security
from streams.flow.topics import (
    GRID_ALLCLEARS,
    GRID_REPORTS,
    HAND_OVER_ACKS,
    HOTLINE_CALLS,
    ORDER_UPDATES,
    POLICE_ALERTS,
    SOURCE_TOPICS,
)
from streams.warehouse.account import Outcomes, received_by_outcome
from streams.warehouse.asking import Asking
from streams.warehouse.port import Warehouse

_POLL_S = 0.3
#: What each feed's topic is called, in the order in which it is shown.
LABELS: Mapping[str, str] = {
    POLICE_ALERTS: "110",
    HOTLINE_CALLS: "12345",
    GRID_REPORTS: "grid",
    GRID_ALLCLEARS: "all-clears",
}
#: Likewise, for those who answer what they were told.
ANSWER_LABELS: Mapping[str, str] = {ORDER_UPDATES: "order updates", HAND_OVER_ACKS: "acknowledgements"}
_ALL_LABELS = {**LABELS, **ANSWER_LABELS}
#: Rows of ClickHouse name a feed, or the topic of a record that became no event.
_TOPICS = {name: topic for topic, name in SOURCE_TOPICS.items()}


class Line(NamedTuple):
    """The account of one topic."""

    topic: str
    received: int  # records, by the broker's end offsets
    outcomes: Outcomes

    @property
    def lost(self) -> int:
        """Records that left no row; below 0 where there are more rows than records, which is as wrong."""
        return self.received - self.outcomes.accounted


class Account(NamedTuple):
    """The account of all feeds."""

    lines: Sequence[Line]

    @property
    def closed(self) -> bool:
        """Whether every record of every feed is accounted for, once."""
        return all(line.lost == 0 for line in self.lines)

    @property
    def open_records(self) -> int:
        """Records that have no row yet."""
        return sum(max(0, line.lost) for line in self.lines)


def take_account(broker: Broker, warehouse: Warehouse) -> Account:
    """The account of the broker's log at this moment. Raises as the broker and the warehouse do."""
    return account_of(broker.end_offsets(_ALL_LABELS), received_by_outcome(warehouse, broker.cluster_id()))


def wait_closed(
    settings: Settings, seconds: float, given_up: Callable[[], bool], clock: Callable[[], float] = time.monotonic
) -> Account:
    """The account as soon as it closes; as it stands after `seconds`, or when nobody waits any more."""
    asking = Asking(settings.clickhouse)
    ends = clock() + seconds
    with Broker(settings.kafka.bootstrap, kafka_python_security(settings.kafka)) as broker:
        account = take_account(broker, asking)
        while not account.closed and clock() < ends and not given_up():
            time.sleep(_POLL_S)
            account = take_account(broker, asking)
    return account


def account_of(ends: Mapping[tuple[str, int], int], told: Mapping[str, Outcomes]) -> Account:
    """The account from end offsets by topic and partition, and outcomes by feed or topic."""
    by_topic = {topic: Outcomes() for topic in _ALL_LABELS}
    for name, outcomes in told.items():
        topic = _TOPICS.get(name, name)
        known = by_topic.get(topic, Outcomes())
        by_topic[topic] = Outcomes(*(a + b for a, b in zip(known, outcomes, strict=True)))
    received = {topic: sum(end for (name, _), end in ends.items() if name == topic) for topic in by_topic}
    return Account([Line(topic, received[topic], outcomes) for topic, outcomes in by_topic.items()])


def account_table(account: Account) -> RenderableType:
    """The account for a terminal: the feeds, and those who answered if any did."""
    feeds = [line for line in account.lines if line.topic not in ANSWER_LABELS]
    answers = [line for line in account.lines if line.topic in ANSWER_LABELS]
    table = _table("feed", feeds, _FEED_FIGURES, "received = new + linked + redelivered + all-clears + dead letters")
    if not any(line.received or line.outcomes.accounted for line in answers):
        return table
    title = "received = taken + redelivered + dead letters"
    return Group(table, "", _table("answers", answers, _ANSWER_FIGURES, title))


_FEED_FIGURES: Mapping[str, str] = {
    "new": "new", "linked": "linked", "redelivered": "redelivered", "all-clears": "all_clears",
    "dead letters": "dead_letters",
}  # fmt: skip
_ANSWER_FIGURES: Mapping[str, str] = {"taken": "applied", "redelivered": "redelivered", "dead letters": "dead_letters"}


def _table(head: str, lines: Sequence[Line], figures: Mapping[str, str], title: str) -> Table:
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column(head, no_wrap=True)
    for name in ("received", *figures, "lost"):
        table.add_column(name, justify="right", no_wrap=" " not in name)  # a name in two lines: millions fit 80 columns
    for line in lines:
        style = None if line.lost == 0 else "bold red"
        counts = (line.received, *(getattr(line.outcomes, field) for field in figures.values()), line.lost)
        table.add_row(_ALL_LABELS.get(line.topic, line.topic), *(f"{count:,}" for count in counts), style=style)
    return table


def verdict(account: Account) -> str:
    """One sentence: whether the account closes."""
    received = sum(line.received for line in account.lines)
    if account.closed:
        return f"The account closes: {received:,} records received, lost 0."
    lost = ", ".join(f"{line.topic} {line.lost:+,}" for line in account.lines if line.lost)
    return f"The account does not close: {received:,} records received, unaccounted {lost}."
