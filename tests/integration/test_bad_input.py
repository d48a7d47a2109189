"""Input as bad as it gets, through a running pipeline: each record has its dead letter, and nothing else suffers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.core.catalogue import OTHER
from streams.flow.brokers import Broker
from streams.flow.dead_letters import REFUSED_HEADER
from streams.flow.topics import (
    DEAD_LETTERS,
    FEED_TOPICS,
    GRID_ALLCLEARS,
    GRID_REPORTS,
    HOTLINE_CALLS,
    POLICE_ALERTS,
)
from tests.support.command import sanwang
from tests.support.feeding import CODEC, Raw, alert, all_clear, call, put, report
from tests.support.pipeline import Pipeline

PHONE, ID_CARD, ACCOUNT, WORKER = "13712345678", "110101199003074514", "wx_lotus_88", "周慧敏"
PERSONAL = (PHONE, ID_CARD, ACCOUNT, WORKER)
WHOLE = call("whole", detail=f"请回电{PHONE}，身份证{ID_CARD}", caller=PHONE)
FUTURE, PAST = "20981231235959", "20010101000000"
LONG = "水管爆裂" * 82_000  # 1 MB in UTF-8, and in one record about what Kafka takes


class Bad(NamedTuple):
    """A record and the dead letter that it must become."""

    topic: str
    raw: Raw
    reason: str
    detail: str  # part of it


def bad(topic: str, value: bytes | None, reason: str, detail: str, **more: Any) -> Bad:
    return Bad(topic, Raw(value, **more), reason, detail)


BAD = (
    bad(HOTLINE_CALLS, b"\x00\x00\x00\x00\x4d" + WHOLE[10:], "unknown_schema", "schema id 77, and no schema registry"),
    bad(HOTLINE_CALLS, b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08" + WHOLE[10:], "unknown_schema", "0102030405060708"),
    bad(HOTLINE_CALLS, WHOLE[:-5], "undecodable", "are no HotlineCall"),
    bad(HOTLINE_CALLS, WHOLE + b"\x00", "undecodable", "1 bytes are left over"),
    bad(HOTLINE_CALLS, WHOLE[:7], "undecodable", "ends inside its framing"),
    bad(HOTLINE_CALLS, bytes(range(255, 128, -1)), "undecodable", "neither framing"),
    bad(HOTLINE_CALLS, f'{{"number": "J1", "caller": "{PHONE}"}}'.encode(), "undecodable", "neither framing"),
    bad(HOTLINE_CALLS, b"", "undecodable", "neither framing"),
    bad(HOTLINE_CALLS, None, "undecodable", "neither framing"),
    bad(HOTLINE_CALLS, WHOLE.replace("请".encode(), b"\xed\xa0\x80"), "undecodable", "UnicodeDecodeError"),  # U+D800
    bad(HOTLINE_CALLS, alert("J2"), "wrong_schema", "expected a record of HotlineCall, found one of PoliceAlert"),
    bad(HOTLINE_CALLS, call(""), "missing_field", "number"),
    bad(HOTLINE_CALLS, call("late", call_time=" "), "missing_field", "call_time"),
    bad(HOTLINE_CALLS, call("N" * 129), "bad_value", "number has 129 characters"),
    bad(HOTLINE_CALLS, call("never", call_time="20260230120000"), "bad_time", "call_time: no such day: 2026-02-30"),
    bad(HOTLINE_CALLS, call("soon", call_time=FUTURE), "bad_time", "min after it was received"),
    bad(HOTLINE_CALLS, call("past", call_time=PAST, caller=ACCOUNT), "bad_time", "days before it was received"),
    bad(HOTLINE_CALLS, call("where", area_code="990199999999", detail=""), "unknown_area", "no area 990199999999"),
    bad(HOTLINE_CALLS, call("wrong column", area_code=PHONE, detail=""), "unknown_area", "no area of this code"),
    bad(HOTLINE_CALLS, call("long", detail=LONG), "too_large", "at most"),
    bad(HOTLINE_CALLS, call("long way", address=LONG), "too_large", "at most"),
    bad(HOTLINE_CALLS, b"x", "undecodable", REFUSED_HEADER, headers=[(REFUSED_HEADER, b"{")]),
    bad(HOTLINE_CALLS, b"x", "undecodable", REFUSED_HEADER, headers=[(REFUSED_HEADER, b'{"reason":"up","detail":""}')]),
    bad(HOTLINE_CALLS, call("no clock"), "bad_time", "min after it was received", timestamp=0),
    bad(HOTLINE_CALLS, call("no such clock"), "bad_time", "days before it was received", timestamp=10**17),
    bad(POLICE_ALERTS, report("G1"), "wrong_schema", "expected a record of PoliceAlert, found one of GridReport"),
    bad(POLICE_ALERTS, alert("when", alarm_time="昨天下午", caller_phone=ACCOUNT), "bad_time", "not of the form"),
    bad(POLICE_ALERTS, alert("sea", jurisdiction_code=None, scene_lon=12.5, scene_lat=12.5), "outside_city", "outside"),
    bad(GRID_REPORTS, report("clock", report_time="20261301000000", worker=WORKER), "bad_time", "no such day"),
    bad(GRID_REPORTS, report("afar", grid_code="", lon=-98.5, lat=29.4), "outside_city", "outside the city"),
    bad(GRID_ALLCLEARS, all_clear("A")[:-3], "undecodable", "are no AllClear"),
    bad(GRID_ALLCLEARS, all_clear("B", grid_code="990101001001999"), "unknown_area", "'990101001001999' is no grid"),
    bad(GRID_ALLCLEARS, all_clear("C", grid_code="9" * 900_000), "unknown_area", "is no grid"),
    bad(GRID_ALLCLEARS, all_clear(""), "missing_field", "number"),
    bad(GRID_ALLCLEARS, all_clear("D" * 900_000), "bad_value", "number has 900000 characters"),
    bad(GRID_ALLCLEARS, all_clear("E", report_time="24:00", worker=WORKER), "bad_time", "report_time"),
    bad(GRID_ALLCLEARS, all_clear("F", report_time=FUTURE), "bad_time", "min from its receipt"),
)  # fmt: skip

JSON_ONE, PAST_ONE = 6, 16

ODD = {  # records that look broken and are none: what they say has to arrive
    "control": call("control", detail="路灯\x00坏了\x1b[31m\u202e\x07\t'\\N';--", address="\r\n"),
    "emoji": call("emoji", detail="路灯坏了💡" * 50),
    "quoted": call("quo'te\\d\n\"x\"", detail="路灯坏了"),
    "by text": call("by text", class_code="no-such-class", detail="小区自来水管爆裂，水流满地"),
    "other": call("other", class_code="no-such-class", detail="您好"),
    "no coordinates": report("no coordinates", item_code="no-such-item", text="您好", lon=float("nan"), lat=1e308),
    "known grid, far coordinates": report("far", lon=-98.5, lat=29.4),
}  # fmt: skip


async def send_all(servers: str) -> dict[tuple[str, int], Bad]:
    """Send the bad to partitions 0 and the odd to partitions 1; where each bad one is, by feed and offset."""
    places: dict[tuple[str, int], Bad] = {}
    for topic, feed in FEED_TOPICS.items():
        group = [one for one in BAD if one.topic == topic]
        offsets = await put(servers, topic, [one.raw for one in group])
        places |= {(feed, offset): one for offset, one in zip(offsets, group, strict=True)}
    for topic, prefix in ((HOTLINE_CALLS, WHOLE[:10]), (GRID_REPORTS, report("")[:10])):
        await put(servers, topic, [Raw(value) for value in ODD.values() if value.startswith(prefix)], partition=1)
    return places


@pytest.fixture(scope="module")
def told(steady: Pipeline) -> dict[tuple[str, int], Bad]:
    """Where each bad record is, once the account closes over all that was sent."""
    places = asyncio.run(send_all(steady.settings.kafka.bootstrap))
    account = steady.account(40)
    assert account.closed, f"{account}\n{steady.worker.last_words()}"
    return places


def test_every_bad_record_has_its_dead_letter_at_its_position(
    steady: Pipeline, told: dict[tuple[str, int], Bad]
) -> None:
    rows = steady.ask(
        "SELECT feed, source_offset, reason, detail, status FROM sanwang.dead_letters FINAL "
        "WHERE source_partition = 0 AND file = ''"
    )
    letters = {(feed, offset): (reason, detail) for feed, offset, reason, detail, _ in rows}
    for place, one in told.items():
        reason, detail = letters[place]
        assert reason == one.reason, (place, reason, detail)
        assert one.detail in detail, (place, detail)
        assert len(detail) <= 400
    assert set(letters) == set(told)
    assert {row[4] for row in rows} == {"open"}


def test_the_topic_of_dead_letters_says_the_same(steady: Pipeline, told: dict[tuple[str, int], Bad]) -> None:
    with Broker(steady.settings.kafka.bootstrap) as broker:
        letters = [CODEC.decode("DeadLetter", record.value or b"") for record in broker.records(DEAD_LETTERS)]
    found = {(one["feed"], one["source_offset"]): one["reason"] for one in letters if one["source_partition"] == 0}
    assert found == {place: one.reason for place, one in told.items()}


def test_no_personal_data_is_kept_of_a_bad_record(steady: Pipeline, told: dict[tuple[str, int], Bad]) -> None:
    rows = steady.ask("SELECT feed, source_offset, detail, preview FROM sanwang.dead_letters FINAL")
    for feed, offset, detail, preview in rows:
        assert not [word for word in PERSONAL if word in detail + preview], (feed, offset, detail, preview)
        assert len(preview) <= 200
    previews = {(feed, offset): preview for feed, offset, _, preview in rows}
    shown = {one.raw.value: previews[place] for place, one in told.items()}
    assert '"number": "J1"' in shown[BAD[JSON_ONE].raw.value]  # JSON where Avro was expected can be read
    assert "[手机]" in shown[BAD[JSON_ONE].raw.value]
    assert f"call_time={PAST}" in shown[BAD[PAST_ONE].raw.value]
    assert "caller" not in shown[BAD[PAST_ONE].raw.value]


def test_what_only_looks_broken_arrives(steady: Pipeline, told: dict[tuple[str, int], Bad]) -> None:
    rows = steady.ask(
        "SELECT event_id, item, classified_by, area, text, isNull(lon) FROM sanwang.events FINAL "
        "WHERE source_partition = 1"
    )
    events = {event_id: tuple(rest) for event_id, *rest in rows}
    assert len(events) == len(ODD)
    assert "路灯\x00坏了\x1b[31m\u202e\x07\t'\\N';--" in events["hotline:control"][3]
    assert events["hotline:emoji"][3] == "路灯坏了💡" * 50
    assert "hotline:quo'te\\d\n\"x\"" in events
    item, by, *_ = events["hotline:by text"]
    assert by == "text"
    assert item not in (OTHER, "")
    assert events["hotline:other"][0] == OTHER
    assert events["grid:no coordinates"][0] == OTHER
    assert events["grid:no coordinates"][4] == 1
    assert events["grid:far"][2] == "990101001001001"


def test_the_worker_did_not_stumble(steady: Pipeline, told: dict[tuple[str, int], Bad]) -> None:
    assert "sanwang_step_failures_total{" not in steady.worker.metrics()
    assert not steady.ask("SELECT * FROM sanwang.dead_letters WHERE reason = 'internal_error'")
    log = steady.worker.log.read_text("utf-8")
    assert not [word for word in PERSONAL if word in log]


def test_refused_rows_of_a_file_carry_file_and_line(steady: Pipeline, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(
        "number,call_time,detail,caller,area_code\n"
        "F1,20240930080000,路灯不亮,,990101001001\n"
        f"F2,20240931080000,没有这一天，请打{PHONE},{ACCOUNT},990101001001\n"
        f"F3,20240930080000,多了一列,{PHONE},990101001001,x\n"
        "F4,20240930080000,\"两行\n的话\",,990101001001\n"
        f",20240930080000,没有编号,{ACCOUNT},990101001001\n"
        "F5,20240930080000,,,990199999999\n", "utf-8",
    )  # fmt: skip
    done = sanwang("replay", str(file), "--feed", "hotline", "--wait", "40", settings=steady.settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 rows sent to hotline.calls, 3 of them refused." in done.stdout
    rows = steady.ask(
        "SELECT line, reason, file, detail, preview FROM sanwang.dead_letters FINAL WHERE file != '' ORDER BY line"
    )
    assert [tuple(row[:3]) for row in rows] == [
        (3, "bad_time", "calls.csv"), (4, "bad_row", "calls.csv"), (7, "missing_field", "calls.csv"),
    ]  # fmt: skip
    assert not [word for word in (PHONE, ACCOUNT) for row in rows if word in row[3] + row[4]]
    assert "没有这一天" in rows[0][4]
    events = steady.ask("SELECT event_id FROM sanwang.events FINAL WHERE replayed AND event_id LIKE 'hotline:F%'")
    assert sorted(events) == [("hotline:F1",), ("hotline:F4",)]
    [(reason, at)] = steady.ask("SELECT reason, file FROM sanwang.dead_letters FINAL WHERE preview LIKE '%F5%'")
    assert (reason, at) == ("unknown_area", "")  # refused by the city, not by the file


def test_files_of_users_are_refused_with_their_place(steady: Pipeline, tmp_path: Path, demo_city_folder: Path) -> None:
    file, map_file = tmp_path / "calls.csv", tmp_path / "map.toml"
    file.write_text("number,call_time,detail\nF9,20240930080000,x\n", "utf-8")
    twice = 'feed = "hotline"\n[fields]\nnumber = "number"\ncall_time = "call_time"\nnumber = "id"\n'
    map_file.write_text(twice, "utf-8")
    done = sanwang("replay", str(file), "--feed", "hotline", "--map", str(map_file), settings=steady.settings)
    assert done.returncode == 1
    assert done.stderr.startswith(f"sanwang: {map_file}:5:")
    assert "Traceback" not in done.stderr


def test_a_worker_on_a_broken_city_says_where_it_is_broken(steady: Pipeline, tmp_path: Path) -> None:
    city = tmp_path / "city"
    made = sanwang("city", "new", str(city))
    assert made.returncode == 0, made.stderr
    areas = (city / "areas.csv").read_text("utf-8").splitlines()
    row = next(number for number, line in enumerate(areas) if line[:6].isdigit())
    areas[row] = areas[row].replace(areas[row].split(",")[0], "12x4", 1)
    (city / "areas.csv").write_text("\n".join(areas) + "\n", "utf-8")
    environ = {"SANWANG_CITY": str(city), "SANWANG_TELEMETRY_PORT": "0", "SANWANG_KAFKA_BOOTSTRAP": "127.0.0.1:1",
               "SANWANG_CLICKHOUSE_URL": f"embedded:{tmp_path / 'clickhouse'}"}  # fmt: skip
    done = sanwang("run", environ=environ)
    assert done.returncode == 1
    assert done.stderr.startswith(f"sanwang: {city}: ")
    assert f"\nareas.csv:{row + 1}:1: '12x4' is no area code" in done.stderr
    assert "Traceback" not in done.stderr
