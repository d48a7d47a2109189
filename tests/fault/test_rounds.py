"""Some rounds of the fault harness, and a long outage of ClickHouse: three brokers, two workers, every record counted.

`make faults SEED=n ROUNDS=m` plays more; docs/reliability.md has what came of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faults.__main__ import order_of
from faults.kinds import FAULTS
from faults.outage import play_outage
from faults.recount import Recount
from faults.report import table_of
from faults.round import Round, play
from faults.stack import Stack, running_stack
from streams.warehouse.server import ServerWarehouse
from tests.support.brokers import require_kafka
from tests.support.clickhouse_server import require_server

pytestmark = [pytest.mark.kafka, pytest.mark.server]
PLAYED = ("worker killed", "leader killed", "cut from kafka", "clickhouse paused", "file sent twice", "batch corrupted")
SEED, OUTAGE_S = 20, 60.0
GROWTH_MB = 250  # the rows of a minute, at most 100,000 of them, and the open incidents
Playing = tuple[Stack, Recount, ServerWarehouse]


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory, demo_city_folder: Path) -> Iterator[Playing]:
    require_kafka()
    require_server()
    folder = tmp_path_factory.mktemp("stack") / "s"
    with running_stack(folder, demo_city_folder) as stack, closing(stack.warehouse()) as warehouse:
        yield stack, Recount(warehouse, stack.kafka.servers), warehouse


@pytest.mark.parametrize("number", range(len(PLAYED)), ids=PLAYED)
def test_nothing_is_lost_or_doubled(playing: Playing, number: int) -> None:
    stack, recount, warehouse = playing
    result = play(stack, recount, warehouse, FAULTS[PLAYED[number]], SEED, number)
    assert result.good, result
    assert result.verdict.records >= FAULTS[PLAYED[number]].load.records


@pytest.mark.timeout(400)
def test_orders_go_out_and_memory_stays_while_clickhouse_is_away(playing: Playing) -> None:
    stack, recount, warehouse = playing
    found = play_outage(stack, recount, warehouse, OUTAGE_S, SEED)
    assert all(orders > 100 for orders in found.orders), found
    assert max(found.memory_mb) - found.memory_mb[0] < GROWTH_MB, found
    assert found.drained_s < 60, found
    assert found.verdict.good, found


def test_a_recount_notices_what_is_missing_doubled_or_wrong(playing: Playing) -> None:
    """The judge itself: rows taken away, and rows that say something else, are seen."""
    stack = playing[0]
    with closing(stack.warehouse()) as other:
        fresh = Recount(_Tampered(other), stack.kafka.servers)  # type: ignore[arg-type]  # only query is used
        verdict = fresh.check([])
    assert verdict.lost, "an event without a row must be seen"
    assert verdict.doubled, "an event that opened two matters must be seen"
    assert verdict.wrong, "a dead letter that the input does not explain must be seen"


class _Tampered:
    """A warehouse that hides one event and tells of another one twice."""

    def __init__(self, warehouse: ServerWarehouse) -> None:
        self._warehouse = warehouse

    def query(self, sql: str, params: dict[str, str | int] | None = None) -> list[tuple[object, ...]]:
        rows = self._warehouse.query(sql, params)
        if "FROM sanwang.events" not in sql:
            return rows
        counted = [row for row in rows if row[4] != "redelivered"]
        return [row for row in rows if row != counted[0]] + [counted[1]]


def test_a_seed_names_the_faults_and_each_comes_equally_often() -> None:
    names = [fault.name for fault in order_of(7, 2 * len(FAULTS), [])]
    assert names == [fault.name for fault in order_of(7, 2 * len(FAULTS), [])]
    assert sorted(names) == sorted([*FAULTS, *FAULTS])
    assert names != [fault.name for fault in order_of(8, 2 * len(FAULTS), [])]


def test_the_table_adds_up(playing: Playing) -> None:
    stack, recount, warehouse = playing
    quiet = play(stack, recount, warehouse, FAULTS["clock skewed"], SEED, 99)
    worse = Round(1, 2, "clock skewed", quiet.verdict, 9.96, 12, 0, 0.0)
    assert f"| {2 * quiet.verdict.records:,} | 0 | 0 | 0 |" in table_of([quiet, worse])
    assert "| 10.0 s |" in table_of([quiet, worse])
