"""One caller's records erased: no byte of them on any disk afterwards, all others untouched, and the account closed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from streams.cli import app
from streams.config import environment_of
from streams.core.scrub import caller_hash
from streams.errors import SanwangError
from streams.flow.brokers import Broker
from streams.flow.erasure import erase
from streams.flow.topics import CASELOAD, CASEWORK, HOTLINE_CALLS, INCIDENTS, ORDERS, PASSING, POLICE_ALERTS
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.migrate import migrate
from streams.warehouse.retention import TEXTS
from tests.support.brokers import require_kafka
from tests.support.feeding import Raw, alert, call, put
from tests.support.kafka_server import KafkaServer
from tests.support.pipeline import Pipeline, pipeline, settings_on

pytestmark = pytest.mark.kafka
CALLER, OTHER = "13912345678", "13887654321"
SAID = "zebrafinch"  # a word that nobody else says
QUICK = {"log.retention.check.interval.ms": 300, "log.segment.delete.delay.ms": 0, "log.initial.task.delay.ms": 100}
GONE_S = 60


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    require_kafka()
    with KafkaServer(tmp_path / "kafka", settings=QUICK) as server:
        yield server


@pytest.fixture
def worker(kafka: KafkaServer, tmp_path: Path, demo_city_folder: Path) -> Iterator[Pipeline]:
    """A worker whose ClickHouse writes personal columns uncompressed, so that a search of bytes would find them."""
    settings = settings_on(kafka.servers, tmp_path, demo_city_folder)
    with closing(EmbeddedWarehouse(tmp_path / "clickhouse")) as warehouse:
        migrate(warehouse)
        for table, columns in TEXTS.items():
            warehouse.execute(f"ALTER TABLE sanwang.{table} MODIFY SETTING old_parts_lifetime = 1")
            for column, kind in columns.items():
                plain = f"{kind.partition(' CODEC')[0]} CODEC(NONE)"
                warehouse.execute(f"ALTER TABLE sanwang.{table} MODIFY COLUMN {column} {plain}")
    with pipeline(settings, tmp_path) as running:
        yield running


def _needles(folder: Path) -> dict[str, bytes]:
    caller = caller_hash((folder / "hash.key").read_bytes(), CALLER)
    return {
        "number": CALLER.encode(), "text": SAID.encode(), "hash on the wire": msgspec.msgpack.encode(caller)[1:],
        "hash in a column": caller.to_bytes(8, "little"), "hash in words": str(caller).encode(),
    }  # fmt: skip


def _holding(folder: Path, needle: bytes) -> set[str]:
    """Files under a folder that hold these bytes, but for the topics in which scrubbed text is kept for a time."""
    found = set()
    for place, _, names in os.walk(folder):  # unlike rglob it goes on where ClickHouse drops a part meanwhile
        if any(Path(place).name.startswith(f"{topic}-") for topic in (INCIDENTS, ORDERS, CASEWORK, CASELOAD)):
            continue
        for file in (Path(place, name) for name in names):
            with suppress(FileNotFoundError):
                if file.is_file() and needle in file.read_bytes():
                    found.add(str(file.relative_to(folder)))
    return found


def _roll(servers: str) -> None:
    """Segments end after an hour: here at once, and a record of somebody else's begins the next."""
    with Broker(servers) as broker:
        wanted = [ConfigResource(ConfigResourceType.TOPIC, topic, {"segment.ms": "100"}) for topic in PASSING]
        broker._ask(lambda admin: admin.alter_configs(wanted))


def _erase(worker: Pipeline, folder: Path) -> None:
    (folder / "caller").write_text(CALLER)
    command = ["erase", "--case", "K-2026-7", "--caller-file", str(folder / "caller")]
    done = CliRunner().invoke(app, command, env=environment_of(worker.settings))
    (folder / "caller").unlink()
    assert done.exit_code == 0, done.output
    assert "ClickHouse events" in done.output
    assert CALLER not in done.output


async def test_no_byte_is_left(worker: Pipeline, kafka: KafkaServer, tmp_path: Path) -> None:
    number = f"{CALLER[:3]} {CALLER[3:7]} {CALLER[7:]}"
    await put(kafka.servers, HOTLINE_CALLS, [
        Raw(call("E1", detail=f"{SAID} 请回电{CALLER}", caller=number)),
        Raw(call("E2", detail="路灯不亮", caller=OTHER)),
        Raw(call("E3", detail=f"{SAID} 又来电", caller=CALLER, call_time="never")),
    ])  # fmt: skip
    await put(kafka.servers, POLICE_ALERTS, [Raw(alert("E4", text=f"{SAID} 打架", caller_phone=CALLER))])
    assert worker.account(60).closed
    await asyncio.sleep(2)  # the last offsets are committed each second
    worker.worker.stop(20)
    needles = _needles(tmp_path)
    for what, needle in needles.items():
        found = _holding(tmp_path, needle)
        assert found or what == "hash in words", f"before, {what} is there to be found"

    _erase(worker, tmp_path)
    _roll(kafka.servers)
    worker.restart()
    for later in range(4):  # others go on calling, and the segments that hold the person's bytes end
        for topic, made in ((HOTLINE_CALLS, call), (POLICE_ALERTS, alert)):
            await put(kafka.servers, topic, [Raw(made(f"L{later}")), Raw(made(""))])
        await asyncio.sleep(0.5)
    assert worker.account(60).open_records == 0
    await asyncio.sleep(2)
    worker.worker.stop(20)
    _erase(worker, tmp_path)
    worker.restart()
    left: dict[str, set[str]] = {}
    ends = time.monotonic() + GONE_S
    while time.monotonic() < ends:
        left = {what: found for what, needle in needles.items() if (found := _holding(tmp_path, needle))}
        if not left:
            break
        await asyncio.sleep(1)
    assert not left

    assert worker.account(60).open_records == 0
    rows = worker.ask("SELECT event_id, text, caller FROM sanwang.events FINAL WHERE event_id LIKE '%:E%' ORDER BY 1")
    assert [row[0] for row in rows] == ["hotline:E1", "hotline:E2", "police:E4"]
    assert [row[1] for row in rows] == ["", "路灯不亮", ""]
    assert rows[1][2] != 0
    audited = worker.ask("SELECT DISTINCT case_number FROM sanwang.erasures WHERE records > 0")
    assert audited == [("K-2026-7",)]


async def test_what_is_still_on_its_way_is_not_touched(worker: Pipeline, kafka: KafkaServer) -> None:
    """An emergency may be among it."""
    worker.worker.stop(20)
    await put(kafka.servers, POLICE_ALERTS, [Raw(alert("W1", caller_phone=CALLER))])
    with pytest.raises(SanwangError, match=r"police\.alerts holds records of this caller that are still on their way"):
        erase(worker.settings, CALLER, "K-1", 0)
    worker.restart()
    account = worker.account(60)
    assert account.closed
    assert sum(line.received for line in account.lines) == 1


def test_without_the_key_nobody_is_found(worker: Pipeline, tmp_path: Path) -> None:
    worker.worker.stop(20)
    (tmp_path / "hash.key").unlink()
    with pytest.raises(SanwangError, match="found only with the key"):
        erase(worker.settings, CALLER, "K-1", 0)
    assert not (tmp_path / "hash.key").exists()
    with pytest.raises(SanwangError, match="at least 5 characters"):
        erase(worker.settings, "110", "K-1", 0)
