"""Reports through the door: taken whole or refused with field and reason, never told taken before Kafka has them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from streams.city.city import City
from streams.core.accept import MAX_TEXT
from streams.door.bodies import MAX_RECORDS
from streams.door.problems import busy
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.door import GRID, UNIT, Taking, alert, call, door, local_now, update

CODEC = Codec(FileSource())
REPORTS, CLEARS = "/v1/reports", "/v1/all-clears"
UPDATES = f"/v1/orders/hotline%3AW1%2F{UNIT}%2F1/updates"


async def test_a_report_is_taken_with_its_number_as_key(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        sent = call(" W1 ", lon=0, caller="13900000001")
        status, told, _ = await client.post(REPORTS, sent)
    assert (status, told) == (202, {"id": "hotline:W1"})
    [one] = kafka.taken
    assert (one.topic, one.key) == ("hotline.calls", b"W1")
    del sent["feed"]
    decoded = CODEC.decode("HotlineCall", one.value)
    assert {name: decoded[name] for name in sent} == sent


async def test_the_same_number_again_has_the_same_id(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        answers = [(await client.post(REPORTS, alert("J7")))[:2] for _ in range(2)]
    assert answers == [(202, {"id": "police:J7"})] * 2


async def test_batches_come_as_an_array_or_as_lines(example_city: City, tmp_path: Path) -> None:
    kafka, batch = Taking(), [call("W1"), alert("J1"), call("W2")]
    lines = b"\n\n".join(json.dumps(one).encode() for one in batch) + b"\r\n"
    async with door(example_city, tmp_path, kafka) as client:
        as_array = await client.post(REPORTS, batch)
        as_lines = await client.post(REPORTS, data=lines, kind="application/x-ndjson")
        data = gzip.compress(json.dumps(batch).encode())
        packed = await client.post(REPORTS, data=data, **{"Content-Encoding": "gzip"})
    told = {"accepted": 3, "ids": ["hotline:W1", "police:J1", "hotline:W2"]}
    assert [(status, answer) for status, answer, _ in (as_array, as_lines, packed)] == [(202, told)] * 3
    assert len(kafka.taken) == 9


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (call(number=""), "number", "missing_field"),
    (call(number="x" * 129), "number", "bad_value"),
    (call(number=7), "number", "bad_value"),
    (call(call_time="20260230120000"), "call_time", "bad_time"),
    (call(call_time=local_now(3600)), "call_time", "bad_time"),
    (call(call_time=local_now(-500 * 86_400)), "call_time", "bad_time"),
    (call(detail="灯" * (MAX_TEXT + 1)), "detail", "too_large"),
    (call(area_code="119900000000", detail=None), "area_code", "unknown_area"),
    (call(colour="red"), "colour", "bad_value"),
    (call(feed="weather"), "feed", "bad_value"),
    ({"feed": "hotline", "number": "1"}, "call_time", "missing_field"),
    ({"number": "1"}, "feed", "missing_field"),
    (alert(jurisdiction_code=None, scene_lon=1.5, scene_lat=2.5), "scene_lon", "outside_city"),
    (alert(scene_lon="1.5"), "scene_lon", "bad_value"),
    ({"feed": "grid", "number": "1", "report_time": local_now(), "photos": "no list"}, "photos", "bad_value"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "field", "reason"), FAULTS)
async def test_a_fault_is_told_with_field_and_reason(
    example_city: City, tmp_path: Path, record: dict[str, Any], field: str, reason: str
) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        status, told, _ = await client.post(REPORTS, record)
    assert (status, told["error"]) == (422, "refused")
    assert [(fault["field"], fault["reason"]) for fault in told["errors"]] == [(field, reason)]
    assert not kafka.taken


async def test_a_batch_with_faults_is_refused_whole_and_they_are_told(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        status, told, _ = await client.post(REPORTS, [call(), call(number=1), call(), call(call_time="x")])
        metrics = client.metrics.exposition().decode()
    assert status == 422
    assert [(fault["index"], fault["field"]) for fault in told["errors"]] == [(1, "number"), (3, "call_time")]
    assert told["message"].startswith("nothing was taken; 2 of 4 records: ")
    assert not kafka.taken
    assert 'sanwang_door_refused_total{reason="bad_time"} 1.0' in metrics


@pytest.mark.parametrize("body", [b"", b"{", b"[{]", b"\xff", b'{"feed":"hotline","number":"\xff"}', b"[]", b"[" * 9999,
                                  b'{"feed":"hotline","number":"\\ud800"}', b'{"a":' * 9999])  # fmt: skip
async def test_what_is_no_json_is_malformed(example_city: City, tmp_path: Path, body: bytes) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        status, told, _ = await client.post(REPORTS, data=body)
    assert (status, told["error"]) in ((400, "malformed"), (422, "refused"))
    assert status == 400 or body.startswith((b"{", b"["))


async def test_other_kinds_of_bodies_and_too_large_ones_are_refused(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking(), max_body_bytes=2000) as client:
        kinds = ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=gb18030")
        assert [(await client.post(REPORTS, data=b"{}", kind=kind))[0] for kind in kinds] == [415, 415, 415]
        large = json.dumps(call(detail="x" * 3000)).encode()
        assert (await client.post(REPORTS, data=large))[0] == 413
        bomb = gzip.compress(b" " * 1_000_000)
        assert len(bomb) < 2000
        assert (await client.post(REPORTS, data=bomb, **{"Content-Encoding": "gzip"}))[0] == 413
        assert (await client.post(REPORTS, call()))[0] == 202


async def test_so_many_records_at_once_and_no_more(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        assert (await client.post(REPORTS, [call()] * MAX_RECORDS))[0] == 202
        assert (await client.post(REPORTS, [call()] * (MAX_RECORDS + 1)))[0] == 422


async def test_without_key_or_scope_nothing_passes(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka, scopes=["reports:hotline"]) as client:
        assert (await client.post(REPORTS, call()))[0] == 202
        status, told, _ = await client.post(REPORTS, [call(), alert()])
        assert (status, told["errors"][0]["detail"]) == (403, "this key has no scope reports:police")
        assert (await client.post(CLEARS, {}))[0] == 403
        assert (await client.post(UPDATES, update()))[0] == 403
        client.key = "sanwang_wrong"
        status, told, headers = await client.post(REPORTS, call())
        assert (status, told["error"], headers["WWW-Authenticate"]) == (401, "key", 'Bearer realm="sanwang"')
        client.key = ""
        assert (await client.post(REPORTS, call()))[0] == 401
    assert len(kafka.taken) == 1


async def test_the_other_header_names_a_key_too(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        key, client.key = client.key, ""
        assert (await client.post(REPORTS, call(), **{"X-API-Key": key}))[0] == 202


async def test_too_fast_is_told_with_the_time_to_wait(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka, rate=0.5) as client:
        assert (await client.post(REPORTS, [call()] * 10))[0] == 202
        status, told, headers = await client.post(REPORTS, call())
    assert (status, told["error"]) == (429, "rate")
    assert int(headers["Retry-After"]) >= 10
    assert len(kafka.taken) == 10


async def test_what_kafka_does_not_confirm_is_not_accepted(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    kafka.problem = busy("Kafka does not confirm in time; send it again", 2.0)
    async with door(example_city, tmp_path, kafka) as client:
        status, told, headers = await client.post(REPORTS, call())
    assert (status, told["error"], headers["Retry-After"]) == (503, "busy", "2")


async def test_a_fault_of_ours_is_no_acceptance_and_shows_nothing(
    example_city: City, tmp_path: Path
) -> None:
    kafka = Taking()
    kafka.problem = ZeroDivisionError()
    with capture_logs() as logged:
        async with door(example_city, tmp_path, kafka) as client:
            status, told, _ = await client.post(REPORTS, call(caller="13900000001", detail="只有我知道"))
    assert (status, told) == (500, {"error": "internal", "message": "a fault of ours"})
    assert logged == [{"event": "request failed", "path": REPORTS, "exc_info": True, "log_level": "error"}]


async def test_an_all_clear_is_taken_for_a_grid_of_the_city_only(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    clear = {"number": "P1", "grid_code": GRID, "report_time": local_now()}
    async with door(example_city, tmp_path, kafka) as client:
        assert (await client.post(CLEARS, clear))[:2] == (202, {"id": "allclears:P1"})
        refused = [
            (await client.post(CLEARS, clear | change))[1]["errors"][0]
            for change in ({"grid_code": "1"}, {"report_time": local_now(7200)}, {"number": " "}, {"worker": 3})
        ]
    assert [(one["field"], one["reason"]) for one in refused] == [
        ("grid_code", "unknown_area"), ("report_time", "bad_time"), ("number", "missing_field"),
        ("worker", "bad_value"),
    ]  # fmt: skip
    assert [one.topic for one in kafka.taken] == ["grid.allclears"]


async def test_a_step_of_an_order_is_keyed_by_the_order(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        assert (await client.post(UPDATES, update()))[:2] == (202, {"id": "U1"})
        assert (await client.post(f"/v1/orders/hotline:W1/{UNIT}/1/updates", [update("U2"), update("U3")]))[0] == 202
    assert {(one.topic, one.key) for one in kafka.taken} == {("order.updates", f"hotline:W1/{UNIT}/1".encode())}
    assert CODEC.decode("OrderUpdate", kafka.taken[0].value)["by"] == UNIT


@pytest.mark.parametrize(("change", "field"), [
    ({"step": "dancing"}, "step"), ({"step": "returned"}, "reason"), ({"step": "handed_over"}, "to_unit"),
    ({"step": "handed_over", "to_unit": "NOBODY"}, "to_unit"), ({"step": "merged"}, "into_order"),
    ({"step": "recategorised", "item": "99999"}, "item"),
    ({"step": "extension_granted", "extra_limit": "soon"}, "extra_limit"),
    ({"step_time": "now"}, "step_time"), ({"step_time": local_now(3600)}, "step_time"), ({"number": ""}, "number"),
])  # fmt: skip
async def test_a_step_that_cannot_be_taken_is_refused(
    example_city: City, tmp_path: Path, change: dict[str, str], field: str
) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        status, told, _ = await client.post(UPDATES, update(**change))
    assert (status, told["errors"][0]["field"]) == (422, field)


async def test_a_unit_speaks_for_itself_only(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka, scopes=[f"orders:{UNIT}"]) as client:
        assert (await client.post(UPDATES, update()))[0] == 202
        assert (await client.post(UPDATES, update(by="SOMEBODY")))[0] == 403
    assert len(kafka.taken) == 1


STRANGE = ["W1", "hotline:W1", "hotline:W1/NOBODY/1", f"weather:1/{UNIT}/1", f"hotline:1/{UNIT}/x"]


@pytest.mark.parametrize("order", STRANGE)
async def test_an_order_that_cannot_be_is_not_found(example_city: City, tmp_path: Path, order: str) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        assert (await client.post(f"/v1/orders/{order.replace('/', '%2F')}/updates", update()))[0] == 404


async def test_what_nobody_serves_is_told_in_json_and_counted_without_the_clients_words(
    example_city: City, tmp_path: Path
) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        assert (await client.get("/v1/made-up-by-a-client"))[:2] == (
            404, {"error": "not_found", "message": "Nothing matches the given URI"},
        )  # fmt: skip
        status, told, headers = await client.get(REPORTS)
        assert (status, told["error"], headers["Allow"]) == (405, "method_not_allowed", "POST")
        assert "made-up" not in client.metrics.exposition().decode()


async def test_health_and_metrics(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        assert (await client.get("/healthz"))[:2] == (200, "alive\n")
        assert (await client.get("/readyz"))[:2] == (200, "ready\n")
        kafka.ready = False
        assert (await client.get("/readyz"))[0] == 503
        await client.post(REPORTS, call())
        status, text, _ = await client.get("/metrics")
    assert status == 200
    assert 'sanwang_door_records_total{topic="hotline.calls"} 1.0' in text
    assert 'sanwang_door_answers_total{path="/v1/reports",status="202"} 1.0' in text
