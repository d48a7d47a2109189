"""The recount: what the feeds' topics hold, counted in plain Python, against ClickHouse under FINAL and `orders`.

The topics are the input: a producer that was not confirmed sends again, so they may hold a record twice, which is a
redelivery. What has to become of each record the harness knows from making it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from streams.flow.brokers import Broker, Partition
from streams.flow.records import BrokerRecord
from streams.flow.topics import FEED_TOPICS, GRID_ALLCLEARS, ORDERS
from streams.warehouse.port import Warehouse
from streams.wire.codec import Codec
from streams.wire.source import FileSource

Position = tuple[str, int, int]  # feed, partition, offset
SHOWN = 5


class Verdict(msgspec.Struct):
    """What a round's recount found. All but `told_again` have to be 0."""

    records: int
    lost: int  # records without a row, orders known to ClickHouse and never sent
    doubled: int  # records with two rows, reports counted twice, matters with two leads, reminders twice
    wrong: int  # rows that say something else than the input
    told_again: int  # orders sent again as they were: recognised by their revision
    notes: list[str]

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or wrong."""
        return not (self.lost or self.doubled or self.wrong)


class Recount:
    """Counts what was added since it was asked last, and holds it against everything that is known."""

    def __init__(self, warehouse: Warehouse, servers: str) -> None:
        self._warehouse = warehouse
        self._servers = servers
        self._codec = Codec(FileSource())
        self._read_to: dict[Partition, int] = {}
        self._counted: Counter[str] = Counter()  # event id -> rows that are no redelivery
        self._reports: Counter[str] = Counter()  # incident id -> reports
        self._sent: dict[str, dict[int, tuple[Any, ...]]] = {}  # order id -> revision -> what was sent

    def check(self, dead: Iterable[tuple[str, bytes]]) -> Verdict:
        """Recount; `dead` are topic and content of the records that must be refused."""
        with Broker(self._servers) as broker:
            log_id = broker.cluster_id()
            begins, records = self._news(broker, list(FEED_TOPICS))
            _, orders = self._news(broker, [ORDERS])
        verdict = Verdict(len(records), 0, 0, 0, 0, [])
        self._check_records(verdict, records, set(dead), _since(begins), log_id)
        self._check_incidents(verdict)
        self._check_orders(verdict, orders)
        self._check_reminders(verdict)
        return verdict

    def _news(self, broker: Broker, topics: Sequence[str]) -> tuple[Mapping[Partition, int], list[BrokerRecord]]:
        ends = broker.end_offsets(topics)
        begins = {place: self._read_to.get(place, 0) for place in ends}
        self._read_to.update(ends)
        return begins, list(broker._span(begins, ends))

    def _check_records(
        self, verdict: Verdict, records: Sequence[BrokerRecord], dead: set[tuple[str, bytes]], since: str, log_id: str
    ) -> None:
        wanted = {(FEED_TOPICS[r.topic], r.partition, r.offset): _becomes(r, dead) for r in records}
        rows = list(self._rows(since, log_id))
        found = dict(rows)
        verdict.doubled += _note(verdict, "records with two rows", len(rows) - len(found))
        lost = wanted.keys() - found.keys()
        verdict.lost += _note(verdict, f"records without a row, as {sorted(lost)[:SHOWN]}", len(lost))
        odd = [(p, found[p], wanted.get(p)) for p in found if wanted.get(p) != found[p]]
        verdict.wrong += _note(verdict, f"rows that differ from the input, as {odd[:SHOWN]}", len(odd))

    def _rows(self, since: str, log_id: str) -> Iterator[tuple[Position, str]]:
        """Position and kind of every record that ClickHouse knows; what it says of reports is counted on the way."""
        log = {"log_id": log_id}
        events = (
            "SELECT feed, source_partition, source_offset, event_id, outcome, incident_id FROM sanwang.events FINAL "
            f"WHERE log_id = {{log_id:String}} AND ({since})"
        )
        for feed, partition, offset, event_id, outcome, incident_id in self._warehouse.query(events, log):
            if outcome != "redelivered":
                self._counted[event_id] += 1
                self._reports[incident_id] += 1
            yield (feed, partition, offset), event_id
        letters = "SELECT feed, source_partition, source_offset FROM sanwang.dead_letters FINAL WHERE log_id = "
        for position in self._warehouse.query(f"{letters}{{log_id:String}} AND ({since})", log):
            yield position, "dead letter"
        clears = "SELECT source_partition, source_offset FROM sanwang.all_clears FINAL WHERE log_id = {log_id:String}"
        for partition, offset in self._warehouse.query(f"{clears} AND ({since.replace('feed', _ALL_CLEARS)})", log):
            yield ("allclears", partition, offset), "all-clear"

    def _check_incidents(self, verdict: Verdict) -> None:
        twice = [event_id for event_id, rows in self._counted.items() if rows > 1]
        verdict.doubled += _note(verdict, f"reports counted twice, as {twice[:SHOWN]}", len(twice))
        told = dict(self._warehouse.query("SELECT incident_id, reports FROM sanwang.incidents FINAL"))
        odd = [one for one in told.keys() | self._reports.keys() if told.get(one) != self._reports.get(one)]
        shown = [(one, told.get(one), self._reports.get(one)) for one in odd[:SHOWN]]
        verdict.wrong += _note(verdict, f"incidents with a wrong number of reports, as {shown}", len(odd))
        leads = Counter(
            incident for (incident,) in self._warehouse.query(
                "SELECT incident_id FROM sanwang.orders FINAL WHERE role = 'lead'"
            )
        )
        open_ones = self._warehouse.query("SELECT incident_id FROM sanwang.incidents FINAL WHERE closed = 0")
        several = [incident for incident, count in leads.items() if count > 1]
        verdict.doubled += _note(verdict, f"matters with two leads, as {several[:SHOWN]}", len(several))
        without = [incident for (incident,) in open_ones if not leads[incident]]
        verdict.lost += _note(verdict, f"matters without a lead, as {without[:SHOWN]}", len(without))

    def _check_orders(self, verdict: Verdict, records: Sequence[BrokerRecord]) -> None:
        """The topic `orders`: an order's revision may come again as it was, never as another."""
        changed = []
        for record in records:
            order = self._codec.decode("Order", record.value or b"")
            told = (order["unit"], order["role"], order["item"], order["due_at"], order["reports"])
            known = self._sent.setdefault(order["order_id"], {})
            before = known.setdefault(order["revision"], told)
            verdict.told_again += before is not told
            if before != told:
                changed.append((order["order_id"], before, told))
        verdict.doubled += _note(verdict, f"orders sent twice, differently, as {changed[:SHOWN]}", len(changed))
        rows = dict(self._warehouse.query("SELECT order_id, revision FROM sanwang.orders FINAL"))
        sent = {order_id: max(revisions) for order_id, revisions in self._sent.items()}
        known_ones = rows.keys() | sent.keys()
        odd = [(one, rows.get(one), sent.get(one)) for one in known_ones if rows.get(one) != sent.get(one)]
        unsent = sum(1 for _, _, revision in odd if revision is None)
        verdict.lost += _note(verdict, f"orders in ClickHouse that were never sent, as {odd[:SHOWN]}", unsent)
        verdict.wrong += _note(verdict, f"orders of another revision, as {odd[:SHOWN]}", len(odd) - unsent)

    def _check_reminders(self, verdict: Verdict) -> None:
        rows = self._warehouse.query("SELECT kind, order_id, to_unit, level, due_at FROM sanwang.supervision FINAL")
        verdict.doubled += _note(verdict, "reminders sent twice", len(rows) - len(set(rows)))


_ALL_CLEARS = "'allclears'"


def _since(begins: Mapping[Partition, int]) -> str:
    """The rows of records from these positions on, as a condition."""
    return " OR ".join(
        f"(feed = '{FEED_TOPICS[topic]}' AND source_partition = {partition} AND source_offset >= {offset})"
        for (topic, partition), offset in begins.items()
    )


def _becomes(record: BrokerRecord, dead: set[tuple[str, bytes]]) -> str:
    if (record.topic, record.value or b"") in dead:
        return "dead letter"
    if record.topic == GRID_ALLCLEARS:
        return "all-clear"
    return f"{FEED_TOPICS[record.topic]}:{(record.key or b'').decode()}"


def _note(verdict: Verdict, what: str, count: int) -> int:
    if count:
        verdict.notes.append(f"{count} {what}")
    return count
