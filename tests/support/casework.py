"""Casework without a broker: the real step on a log of papers, with crashes between any two sends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from streams.core.caseload import Caseload
from streams.core.casework import Paper
from streams.core.catalogue import OTHER
from streams.core.unit import Unit
from streams.flow.case_state import CaseLog
from streams.flow.case_telling import Telling
from streams.flow.caseloads import Caseloads
from streams.flow.casework import encode_papers
from streams.flow.hand_overs import HandOvers
from streams.flow.intake import Intake
from streams.flow.ledger import decode_rows
from streams.flow.topics import CASELOAD, CASEWORK, LEDGER, ORDERS, SUPERVISION
from streams.flow.transport import TP, Chunk
from streams.telemetry.metrics import Metrics
from streams.warehouse.packed import columns_of_packed
from streams.warehouse.tables import TABLES
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder
from streams.wire.source import FileSource
from tests.support.order_loop import LIMITS, is_workday

LIMITS_BY_ITEM = {**LIMITS, OTHER: "7wd"}
DESK = "C-ZH"
UNITS = {
    code: Unit(code, code, "department", "城市管理局", "419901000000", parent=parent)
    for code, parent in (("V-HY", "E-CG"), ("E-CG", DESK), ("E-HW", "E-CG"), (DESK, ""))
}
SCHEMAS = FileSource()


class CrashError(Exception):
    """The process is gone."""


class Record(NamedTuple):
    """As much of a Kafka record as the step looks at."""

    partition: int
    offset: int
    value: bytes


class Memory:
    """A publisher that keeps what it is given, and fails when it is told to: nothing of that send has arrived then."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[bytes | None, bytes | None]]] = {}
        self.crashes: set[int] = set()  # number of the send, counted from 0
        self._sends = 0

    def partition_of(self, key: bytes) -> int:
        return 0

    async def send(self, topic: str, partition: int, records: Sequence[tuple[bytes | None, bytes | None]]) -> None:
        self._sends += 1
        if self._sends - 1 in self.crashes:
            raise CrashError
        self.sent.setdefault(topic, []).extend(records)

    async def send_all(self, topic: str, by_partition: dict[int, list[tuple[bytes | None, bytes | None]]]) -> None:
        for partition, records in by_partition.items():
            await self.send(topic, partition, records)


class State:
    """The state topic, whose only owner we are."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def recover(self, _partition: int, log: CaseLog) -> CaseLog:
        for key, value in self._memory.sent.get(CASELOAD, []):
            log.read(key, value)
        return log

    async def send(self, partition: int, records: Sequence[tuple[bytes | None, bytes | None]]) -> None:
        await self._memory.send(CASELOAD, partition, records)


class Told(NamedTuple):
    """Everything that the world has been told, by identity, and the state behind it."""

    rows: dict[str, set[tuple[Any, ...]]]
    signals: set[str]
    orders: set[str]
    state: dict[bytes, bytes]


class Office:
    """One partition of casework."""

    def __init__(self, crashes: Iterable[int] = ()) -> None:
        self.memory = Memory()
        self.memory.crashes |= set(crashes)
        codec, metrics, memory = Codec(SCHEMAS), Metrics(), self.memory
        intake = Intake("log", 1, codec, None, None, memory, metrics)  # type: ignore[arg-type] # only buries
        across = HandOvers({}, codec, memory)  # type: ignore[arg-type] # only pushes
        telling = Telling("log", UNITS, codec, OrderEncoder(SCHEMAS), memory, across, intake, metrics)  # type: ignore[arg-type]
        new_caseload = lambda: Caseload(LIMITS_BY_ITEM, UNITS, is_workday)  # noqa: E731 - a factory, named
        self.caseloads = Caseloads(new_caseload, State(memory), telling, metrics)  # type: ignore[arg-type]

    async def work(self, papers: Sequence[Paper], chunk: int) -> None:
        """Settle papers, `chunk` at a time; each chunk again until it goes through, as the guard does."""
        for start in range(0, len(papers), chunk):
            [(_, value)] = encode_papers(papers[start : start + chunk])
            await self._until_done(Chunk(CASEWORK, [Record(0, start, value)], {TP(CASEWORK, 0): start}))

    async def _until_done(self, chunk: Chunk) -> None:
        self.caseloads.assign(chunk.partitions)
        while True:
            try:
                await self.caseloads.step(chunk)
                return
            except CrashError:
                continue

    async def look(self) -> None:
        """The timer looks, long after everything."""
        self.caseloads.assign([0])
        await self.caseloads._caseloads.get(0)
        self.caseloads._worked_at[0] = 0.0
        await self.caseloads._look(0)

    def told(self) -> Told:
        sent = self.memory.sent
        values = [value for _, value in sent.get(LEDGER, []) if value]
        codec = Codec(SCHEMAS)
        state = {key: value for key, value in sent.get(CASELOAD, []) if key and value}
        return Told(
            {table: set(zip(*columns_of_packed(TABLES[table], packed), strict=True))
             for table, packed in decode_rows(values).items()},
            {codec.decode("Supervision", value or b"")["signal_id"] for _, value in sent.get(SUPERVISION, [])},
            {codec.decode("Order", value or b"")["order_id"] for _, value in sent.get(ORDERS, [])},
            state,
        )  # fmt: skip
