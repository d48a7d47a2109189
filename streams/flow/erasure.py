"""Erasing one person's records: from Kafka's feeds and internal hops, and from ClickHouse, with an audit row for each.

Kafka cannot delete one record. The feeds and the hops are transport, not an archive: what was worked on there can go,
so it is deleted from every partition that holds a record of the person. Nobody can read it from then on; the bytes go
with their segment, which must hold nothing later: hence the second run, an hour later. See ADR 8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from streams.city.secret import read_key
from streams.config import Settings
from streams.core.scrub import caller_hash
from streams.errors import RefusedError, SanwangError
from streams.flow.brokers import Broker, BrokerRecord, Partition
from streams.flow.ledger import decode_rows
from streams.flow.security import kafka_python_security
from streams.flow.topics import DEAD_LETTERS, FEED_TOPICS, INCIDENTS, LEDGER, ORDERS, PASSING, RECORDS
from streams.warehouse.erasure import Position, audit, erase_rows, person, places_of
from streams.warehouse.opening import open_warehouse
from streams.warehouse.packed import columns_of_packed
from streams.warehouse.tables import DEAD_LETTERS as DEAD_LETTER_ROWS
from streams.wire.codec import Codec
from streams.wire.source import source_at

_PLACE = ("log_id", "feed", "source_partition", "source_offset")
_CALLERS = ("caller", "caller_phone", "worker")
SHORTEST_CALLER = 5  # characters: what is shorter would be found inside of other numbers
_KAFKA = "Kafka "
SEGMENTS = "bytes on the brokers' disks, until the second run for this case, an hour later"
SCRUBBED = (
    "scrubbed text in incidents, orders, casework and caseload, and the caller's hash in incidents, until their "
    "retention or the orders end"
)


class Erased(NamedTuple):
    """What was erased in one place: a topic, or a table of ClickHouse."""

    place: str
    records: int  # of this person
    others: int  # records of others that went with them, all of them worked on before
    remains: str  # what is left there, and until when


def erase(settings: Settings, caller: str, case: str, at: int) -> list[Erased]:
    """Erase what is known of whoever called from `caller` (a number or an account), under a case number.

    Raises SanwangError before anything is touched: when records of this person are still on their way, when the hash
    key is missing, and as Kafka and ClickHouse do. A second run for the same case empties the same partitions again,
    which by then takes the last bytes off the brokers' disks, and erases what came in the meantime.
    """
    if len(caller.strip()) < SHORTEST_CALLER:
        raise SanwangError(f"a caller has at least {SHORTEST_CALLER} characters")
    seeking = _Seeking(settings, caller.strip())
    kafka = settings.kafka
    with (
        Broker(kafka.bootstrap, kafka_python_security(kafka)) as broker,
        closing(open_warehouse(settings.clickhouse)) as warehouse,
    ):
        found = [record for topic in dict.fromkeys((*FEED_TOPICS, *PASSING)) for record in seeking.look(broker, topic)]
        done_to = _done_to(broker, kafka.group)
        _refuse_unfinished(found, done_to)
        rows = erase_rows(
            warehouse, person(warehouse, seeking.hash), seeking.positions, settings.clickhouse.cluster
        )
        counts = Counter((record.topic, record.partition) for record in found)
        again = {_partition(place) for place in places_of(warehouse, case) if place.startswith(_KAFKA) and "/" in place}
        done = list(_empty(broker, {place: done_to[place] for place in {*counts, *again}}, counts))
        done += [Erased(f"ClickHouse {table}", count, 0, "") for table, count in rows.items()]
        for one in done:
            audit(warehouse, case, at, one.place, one.records, one.remains)
    return done


class _Seeking:
    """Knows a record of the person's when it sees one."""

    def __init__(self, settings: Settings, caller: str) -> None:
        self.hash = caller_hash(read_key(Path(settings.privacy.key_file)), caller)
        self._key = read_key(Path(settings.privacy.key_file))
        self._plain = caller.encode()
        self._packed = msgspec.msgpack.encode(self.hash)  # as the internal hops carry it
        self._codec = Codec(source_at(settings.registry.url))
        self.positions: set[Position] = set()  # in the feeds, as dead letters name them

    def look(self, broker: Broker, topic: str) -> list[BrokerRecord]:
        """The person's records in a topic; the feeds have to be looked at before the dead letters."""
        log_id = broker.cluster_id()
        records = [record for record in broker.records(topic) if self._theirs(record)]
        if topic in FEED_TOPICS:
            self.positions |= {(log_id, FEED_TOPICS[topic], record.partition, record.offset) for record in records}
        return records

    def _theirs(self, record: BrokerRecord) -> bool:
        value = record.value or b""
        if self._plain in value or self._packed in value:
            return True
        if record.topic == DEAD_LETTERS:
            letter = self._codec.decode("DeadLetter", value)
            return (*(letter[name] for name in _PLACE),) in self.positions
        if record.topic == LEDGER:
            return not self.positions.isdisjoint(_letters_in(value))
        return record.topic in FEED_TOPICS and self.hash in self._hashes(record.topic, value)

    def _hashes(self, topic: str, value: bytes) -> Iterator[int]:
        """The hashes of those who are named as callers in a feed's record, however they are written."""
        try:
            decoded = self._codec.decode(RECORDS[topic], value)
        except RefusedError:
            return
        yield from (caller_hash(self._key, str(decoded[name])) for name in _CALLERS if decoded.get(name))


def _letters_in(value: bytes) -> Iterator[Position]:
    """Positions of the dead letters of a ledger record: unlike events they do not name the caller."""
    packed = decode_rows([value]).get("dead_letters")
    if packed is not None:
        columns = columns_of_packed(DEAD_LETTER_ROWS, packed)
        yield from zip(*(columns[DEAD_LETTER_ROWS.names.index(name)] for name in _PLACE), strict=True)


def _done_to(broker: Broker, group: str) -> dict[Partition, int]:
    """Up to where each partition is worked on; dead letters, which no worker reads, wholly."""
    committed, ends = broker.committed(group), broker.end_offsets(PASSING)
    return {place: end if place[0] == DEAD_LETTERS else committed.get(place, 0) for place, end in ends.items()}


def _refuse_unfinished(found: Iterable[BrokerRecord], done_to: Mapping[Partition, int]) -> None:
    """What is not worked on yet must not be deleted: an emergency may be among it."""
    for one in found:
        if one.offset >= done_to[one.topic, one.partition]:
            raise SanwangError(f"{one.topic} holds records of this caller that are still on their way: try again later")


def _empty(broker: Broker, upto: Mapping[Partition, int], counts: Mapping[Partition, int]) -> Iterator[Erased]:
    begins = broker.begin_offsets({topic for topic, _ in upto}) if upto else {}
    broker.delete_before({place: end for place, end in upto.items() if end > begins[place]})
    for place, end in sorted(upto.items()):
        mine = counts.get(place, 0)
        yield Erased(f"{_KAFKA}{place[0]}/{place[1]}", mine, max(0, end - begins[place] - mine), SEGMENTS)
    yield Erased(f"{_KAFKA}{INCIDENTS}, {ORDERS}", 0, 0, SCRUBBED)


def _partition(place: str) -> Partition:
    topic, _, number = place.removeprefix(_KAFKA).rpartition("/")
    return topic, int(number)


def shown(done: Sequence[Erased]) -> str:
    """What was done, for a terminal."""
    lines = [f"{one.place:24} {one.records:6} erased" + (f", {one.others} older ones with them" if one.others else "")
             for one in done]  # fmt: skip
    return "\n".join([*lines, *(f"What remains: {remains}" for remains in {one.remains for one in done} - {""})])
