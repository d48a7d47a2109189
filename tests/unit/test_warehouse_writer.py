"""The writer, with a warehouse that fails as told."""

import asyncio
import struct
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.packed import Packed
from streams.warehouse.port import Row
from streams.warehouse.writer import Pace, Writer

QUICK = Pace(rest=0.02, first_delay=0.001, longest_delay=0.002, farewell=0.2)
BAD: Row = ("bad",)


class FakeWarehouse:
    """Keeps blocks; refuses `BAD`; is away for `away` inserts; inserts wait while `gate` is closed."""

    def __init__(self, away: int = 0) -> None:
        self.blocks: list[tuple[str, list[Row]]] = []
        self.away = away
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[str] = set()

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        raise NotImplementedError

    def insert_packed(self, table: str, packed: Packed) -> None:
        rows: list[Row] = [(value,) for value in values_of(packed)]
        self.threads.add(threading.current_thread().name)
        assert self.gate.wait(10)
        if self.away:
            self.away -= 1
            raise WarehouseUnavailable("gone")
        if BAD in rows:
            raise WarehouseError("bad row")
        self.blocks.append((table, list(rows)))

    def rows(self, table: str) -> list[Row]:
        return [row for name, rows in self.blocks if name == table for row in rows]

    def query(self, *_: object) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def raw(self, *_: object) -> bytes:
        raise NotImplementedError

    def execute(self, *_: object) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Told:
    def __init__(self) -> None:
        self.inserts: list[tuple[str, int]] = []
        self.failures: list[str] = []

    def on_insert(self, table: str, rows: int, seconds: float) -> None:
        assert seconds >= 0
        self.inserts.append((table, rows))

    def on_failure(self, table: str) -> None:
        self.failures.append(table)


def values_of(packed: Packed) -> list[Any]:
    """One value a row."""
    return msgspec.msgpack.decode(struct.pack(">BI", 0xDD, packed.rows) + packed.data)


def batch(by_table: dict[str, list[Row]]) -> dict[str, Packed]:
    encode = msgspec.msgpack.encode
    return {table: Packed(len(rows), b"".join(encode(value) for (value,) in rows)) for table, rows in by_table.items()}


def rows(first: int, count: int = 1) -> list[Row]:
    return [(number,) for number in range(first, first + count)]


async def test_batches_that_come_together_are_one_block_a_table() -> None:
    warehouse, told = FakeWarehouse(), Told()
    async with Writer(warehouse, told, QUICK) as writer:
        await asyncio.gather(
            writer.write(batch({"events": rows(0, 2), "orders": rows(9)})),
            writer.write(batch({"events": rows(2)})),
            writer.write({}),
        )
        assert writer.held_rows == 0
    assert sorted(warehouse.blocks) == [("events", rows(0, 3)), ("orders", rows(9))]
    assert sorted(told.inserts) == [("events", 3), ("orders", 1)]
    assert threading.current_thread().name not in warehouse.threads


async def test_write_returns_when_the_rows_are_durable_not_before() -> None:
    warehouse = FakeWarehouse()
    warehouse.gate.clear()
    async with Writer(warehouse, Told(), QUICK) as writer:
        writing = asyncio.create_task(writer.write(batch({"events": rows(0)})))
        await asyncio.sleep(0.1)
        assert not writing.done()
        warehouse.gate.set()
        await asyncio.wait_for(writing, 5)
    assert warehouse.rows("events") == rows(0)


async def test_what_comes_after_a_silence_is_written_at_once_and_a_full_block_too() -> None:
    warehouse = FakeWarehouse()
    async with Writer(warehouse, Told(), QUICK._replace(rest=60, block_rows=3)) as writer:
        await asyncio.wait_for(writer.write(batch({"events": rows(0)})), 5)
        await asyncio.wait_for(asyncio.gather(*(writer.write(batch({"events": rows(n)})) for n in range(1, 4))), 5)
        waiting = asyncio.create_task(writer.write(batch({"events": rows(4)})))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    assert [sorted(block) for _, block in warehouse.blocks] == [rows(0), rows(1, 3), rows(4)]


def test_a_busy_engine_rests_longer_and_one_that_was_away_not_for_ever() -> None:
    pace = Pace(rest=0.4, longest_rest=1.2)
    assert [pace.rest_after(took) for took in (0.01, 0.2, 0.5, 3600.0)] == [0.4, 0.4, 1.0, 1.2]


async def test_an_absent_warehouse_is_tried_again_and_nothing_is_lost_or_doubled() -> None:
    warehouse, told = FakeWarehouse(away=7), Told()
    async with Writer(warehouse, told, QUICK) as writer:
        await asyncio.wait_for(writer.write(batch({"events": rows(0, 5)})), 5)
    assert warehouse.blocks == [("events", rows(0, 5))]
    assert told.failures == ["events"] * 7


async def test_a_refused_row_fails_its_own_batch_only() -> None:
    warehouse, told = FakeWarehouse(), Told()
    async with Writer(warehouse, told, QUICK) as writer:
        good, bad, also_good = await asyncio.gather(
            writer.write(batch({"events": rows(0)})),
            writer.write(batch({"events": [BAD], "orders": rows(5)})),
            writer.write(batch({"events": rows(1)})),
            return_exceptions=True,
        )
        assert good is None
        assert also_good is None
        assert isinstance(bad, WarehouseError)
        await writer.write(batch({"events": rows(2)}))
    assert warehouse.rows("events") == rows(0, 3)
    assert told.failures == ["events", "events"]


async def test_past_its_capacity_writers_wait() -> None:
    warehouse = FakeWarehouse()
    warehouse.gate.clear()
    async with Writer(warehouse, Told(), QUICK._replace(capacity=10)) as writer:
        writing = [asyncio.create_task(writer.write(batch({"events": rows(4 * n, 4)}))) for n in range(5)]
        await asyncio.sleep(0.1)
        assert writer.held_rows == 8
        warehouse.gate.set()
        await asyncio.wait_for(asyncio.gather(*writing), 5)
    assert sorted(warehouse.rows("events")) == rows(0, 20)


async def test_a_batch_larger_than_the_capacity_is_written_alone() -> None:
    warehouse = FakeWarehouse()
    async with Writer(warehouse, Told(), QUICK._replace(capacity=10)) as writer:
        await asyncio.wait_for(writer.write(batch({"events": rows(0, 50)})), 5)
    assert warehouse.rows("events") == rows(0, 50)


async def test_closing_writes_what_was_gathered() -> None:
    warehouse = FakeWarehouse()
    writer = Writer(warehouse, Told(), QUICK._replace(rest=60, farewell=5))
    async with writer:
        await writer.write(batch({"events": rows(0)}))
        writing = asyncio.create_task(writer.write(batch({"events": rows(1)})))
        await asyncio.sleep(0.01)
    await asyncio.wait_for(writing, 1)
    assert warehouse.rows("events") == rows(0, 2)
    with pytest.raises(WarehouseUnavailable, match="closed"):
        await writer.write(batch({"events": rows(2)}))


async def test_closing_while_the_warehouse_is_away_tells_the_writers() -> None:
    warehouse = FakeWarehouse(away=10**9)
    async with Writer(warehouse, Told(), QUICK._replace(capacity=2)) as writer:
        writing = [asyncio.create_task(writer.write(batch({"events": rows(2 * n, 2)}))) for n in range(3)]
        await asyncio.sleep(0.05)
    for each in await asyncio.gather(*writing, return_exceptions=True):
        assert isinstance(each, WarehouseUnavailable)
    assert warehouse.blocks == []


async def test_an_unforeseen_error_reaches_the_writers_and_the_writer_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = FakeWarehouse()
    async with Writer(warehouse, Told(), QUICK) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(warehouse, "insert_packed", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(writer.write(batch({"events": rows(0)})), 5)
        await asyncio.wait_for(writer.write(batch({"events": rows(1)})), 5)
    assert warehouse.rows("events") == rows(1)


async def test_a_writer_that_gave_up_waiting_does_no_harm() -> None:
    warehouse = FakeWarehouse()
    warehouse.gate.clear()
    async with Writer(warehouse, Told(), QUICK) as writer:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.write(batch({"events": rows(0)})), 0.1)
        warehouse.gate.set()
        await asyncio.wait_for(writer.write(batch({"events": rows(1)})), 5)
        assert writer.held_rows == 0
    assert warehouse.rows("events") == rows(0, 2)
