"""Replay of files to a real broker: every row arrives, as a record or as a refusal; faults are said before anything."""

from __future__ import annotations

import gzip
import os
import signal
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from streams.config import Kafka, Settings
from streams.errors import FileFault, SanwangError
from streams.flow.brokers import Broker, BrokerRecord, BrokerUnavailable, TopicSpec
from streams.flow.dead_letters import REFUSED_HEADER
from streams.flow.intake import REPLAY_HEADER
from streams.flow.topics import HOTLINE_CALLS, POLICE_ALERTS
from streams.intake.replay import Replayed, replay, summary
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.brokers import AnyBroker
from tests.support.ports import free_port

HEAD = "number,call_time,detail\n"
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def settings(own_broker: AnyBroker) -> Settings:
    with Broker(own_broker.servers) as admin:
        admin.create_topics([TopicSpec(HOTLINE_CALLS, 4, 1), TopicSpec(POLICE_ALERTS, 4, 1)])
    return Settings(kafka=Kafka(bootstrap=own_broker.servers))


def quietly(file: Path, feed: str, map_file: Path | None, speed: str, settings: Settings) -> Replayed:
    return replay(file, feed, map_file, speed, settings, Console(file=StringIO()))


def arrived(settings: Settings, topic: str) -> list[BrokerRecord]:
    with Broker(settings.kafka.bootstrap) as admin:
        return list(admin.records(topic))


def test_every_row_arrives_as_a_record_or_as_a_refusal(tmp_path: Path, settings: Settings) -> None:
    rows = [f"N{n},{'2024093008' if n % 10 else 'never'}0000,第{n}盏路灯不亮\n" for n in range(1000)]
    file = tmp_path / "calls.csv.gz"
    file.write_bytes(gzip.compress((HEAD + "".join(rows)).encode("gb18030")))
    done = quietly(file, "hotline", None, "max", settings)
    assert done == Replayed(HOTLINE_CALLS, 1000, 100, finished=True)
    records = arrived(settings, HOTLINE_CALLS)
    refused = [record for record in records if REFUSED_HEADER in dict(record.headers)]
    assert (len(records), len(refused)) == (1000, 100)
    assert all(dict(record.headers)[REPLAY_HEADER] == b"1" for record in records)
    codec = Codec(FileSource())
    told = {codec.decode("HotlineCall", record.value or b"")["detail"] for record in records if record not in refused}
    assert told == {f"第{n}盏路灯不亮" for n in range(1000) if n % 10}
    assert "1,000 rows sent to hotline.calls, 100 of them refused." in summary(done)


def test_a_speed_keeps_the_distances_of_the_file(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(f"{HEAD}A,20240930080000,a\nB,20240930080010,b\nC,20240930080010,c\n", encoding="utf-8")
    began = time.monotonic()
    assert quietly(file, "hotline", None, "10x", settings).confirmed == 3
    assert time.monotonic() - began > 0.9
    times = {record.key: record.timestamp_ms for record in arrived(settings, HOTLINE_CALLS)}
    assert times[b"B"] - times[b"A"] > 800
    assert abs(times[b"C"] - times[b"B"]) < 500


def test_ctrl_c_ends_a_long_wait_with_everything_taken_confirmed(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(f"{HEAD}A,20240930080000,a\nB,20240931080000,b\nC,20251001080000,c\n", encoding="utf-8")
    interrupt = threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    try:
        done = quietly(file, "hotline", None, "1x", settings)
    finally:
        interrupt.cancel()
    assert done == Replayed(HOTLINE_CALLS, 2, 1, finished=False)
    assert len(arrived(settings, HOTLINE_CALLS)) == 2
    assert "stopped before the end" in summary(done)


def test_a_map_of_another_feed_is_refused(tmp_path: Path) -> None:
    file, map_file = tmp_path / "calls.csv", tmp_path / "map.toml"
    file.write_text(HEAD, encoding="utf-8")
    map_file.write_text('feed="grid"\n[fields]\nnumber="number"\nreport_time="call_time"\n', encoding="utf-8")
    with pytest.raises(SanwangError, match="is a map for the grid feed, not for hotline"):
        quietly(file, "hotline", map_file, "max", Settings())


def test_a_missing_column_is_said_with_the_columns_that_there_are(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("id,when\n1,2\n", encoding="utf-8")
    with pytest.raises(FileFault, match=r"calls.csv:1:1: no column 'number', 'call_time'"):
        quietly(file, "hotline", None, "max", Settings())


def test_no_broker_is_said_with_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.intake.sender._PATIENCE_S", 0.2)
    servers = f"127.0.0.1:{free_port()}"
    file = tmp_path / "calls.csv"
    file.write_text(f"{HEAD}A,20240930080000,a\n", encoding="utf-8")
    with pytest.raises(BrokerUnavailable, match=servers):
        quietly(file, "hotline", None, "max", Settings(kafka=Kafka(bootstrap=servers)))


@pytest.mark.parametrize(
    ("name", "feed", "map_name"),
    [
        ("police_calls_2024-10.csv.gz", "police", "san_antonio_police"),
        ("complaints_2019h1_dedup_dev.csv", "hotline", "citizen_complaints"),
    ],
)
def test_real_files_arrive_whole(shared_data: Path, settings: Settings, name: str, feed: str, map_name: str) -> None:
    done = quietly(shared_data / name, feed, CHECKOUT / "deploy" / "maps" / f"{map_name}.toml", "max", settings)
    assert done.finished
    assert done.confirmed > 2000
    assert done.refused < done.confirmed / 10
    with Broker(settings.kafka.bootstrap) as admin:
        assert sum(admin.end_offsets([done.topic]).values()) == done.confirmed
