"""Open311 GeoReport v2, with the requests that its clients send (parameters as in wiki.open311.org/GeoReport_v2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from streams.city.city import City
from streams.core.classify import Classifier
from streams.core.normalise import normalise
from streams.door.open311 import asked as asking
from streams.door.open311.asked import Asked, Wanted, _question, moment, when
from streams.door.open311.form import PREFIX, call_of
from streams.door.open311.render import to_xml
from streams.door.open311.services import Services
from streams.door.problems import Problem
from streams.warehouse.errors import WarehouseUnavailable
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.door import Taking, door

BASE = "/open311/v2"
FORM = "application/x-www-form-urlencoded"
RUBBISH = "33001"
NOW = 1_790_000_000_000
#: As the reference clients post it: every parameter of the standard.
POSTED = {
    "jurisdiction_id": "990200000000", "service_code": RUBBISH, "lat": "33.2000", "long": "114.2792",
    "address_string": "建设路 12 号", "address_id": "", "email": "jane@example.org", "device_id": "tt222111",
    "account_id": "", "first_name": "Jane", "last_name": "Doe", "phone": "13900000001",
    "description": "文汇市场门口垃圾没人清", "media_url": "http://example.org/1.jpg",
}  # fmt: skip


def parsed(document: str | bytes) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - our own answer


async def post(client: Any, form: dict[str, str], suffix: str = "json") -> tuple[int, Any]:
    status, told, _ = await client.post(f"{BASE}/requests.{suffix}", data=form, kind=FORM, Authorization="")
    return status, told


async def test_a_posted_request_becomes_a_call_of_the_hotline(example_city: City, tmp_path: Path) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        status, told = await post(client, POSTED | {"api_key": client.key})
        again = await post(client, POSTED | {"api_key": client.key})
        other = await post(client, POSTED | {"api_key": client.key, "description": "别处"})
    assert status == 201
    [request] = told
    assert request["service_request_id"].startswith(PREFIX)
    assert again == (201, told)  # the same form on the same day is the same report
    assert other[1] != told
    first, _, _ = kafka.taken
    report = normalise("hotline", Codec(FileSource()).decode("HotlineCall", first.value))
    assert first.id == f"hotline:{request['service_request_id']}"
    assert (report.text, report.address, report.caller) == (POSTED["description"], "建设路 12 号", "13900000001")
    assert (report.lon, report.lat) == (114.2792, 33.2)
    assert b"Jane" not in first.value
    found = Classifier(example_city.catalogue).classify("hotline", report.codes, report.labels, "")
    assert (found.item, found.by) == (RUBBISH, "code")


def test_every_service_is_classified_as_itself_or_by_its_name(example_city: City) -> None:
    services, classifier = Services(example_city), Classifier(example_city.catalogue)
    by_code = 0
    for service in services.listed():
        classes = services.classes(service["service_code"])
        assert classes is not None
        report = normalise("hotline", {"number": "1", "call_time": "20260302080000", **classes})
        found = classifier.classify("hotline", report.codes, report.labels, "")
        if "class_code" in classes:
            assert (found.item, found.by) == (service["service_code"], "code")
            by_code += 1
        assert classes["class_3"] == service["service_name"]
    assert by_code > 200


REFUSED = [
    ({"service_code": ""}, 400, "service_code was not provided"),
    ({"service_code": "nothing"}, 404, "service_code was not found"),
    ({"jurisdiction_id": "sfgov.org"}, 404, "jurisdiction_id was not found"),
    ({"lat": "", "address_string": ""}, 400, "a place is needed"),
    ({"lat": "north"}, 400, "lat: no number"),
    ({"lat": "1", "long": "2", "address_string": "", "description": ""}, 400, "long: the coordinates are outside"),
    ({"description": "x" * 30_000}, 400, "description: text has 30000 characters"),
    ({"api_key": "wrong"}, 403, "unknown API key"),
]


@pytest.mark.parametrize(("change", "status", "text"), REFUSED)
async def test_what_cannot_be_taken_is_said_as_the_standard_says_it(
    example_city: City, tmp_path: Path, change: dict[str, str], status: int, text: str
) -> None:
    kafka = Taking()
    async with door(example_city, tmp_path, kafka) as client:
        form = POSTED | {"api_key": client.key} | change
        (as_json, errors), (as_xml, document) = await post(client, form), await post(client, form, "xml")
    assert (as_json, as_xml) == (status, status)
    [error] = errors
    assert error["code"] == status
    assert text in error["description"]
    [element] = parsed(document)
    assert (element.tag, element.findtext("code")) == ("error", str(status))
    assert not kafka.taken


async def test_a_key_without_the_scope_files_nothing(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking(), scopes=["reports:hotline"]) as client:
        assert (await post(client, POSTED | {"api_key": client.key}))[0] == 403
        assert (await client.get(f"{BASE}/requests.json"))[0] == 403


async def test_a_json_body_is_no_form(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        assert (await client.post(f"{BASE}/requests.json", POSTED))[0] == 415
        too_many = "&".join(f"a{n}=1" for n in range(200))
        assert (await client.post(f"{BASE}/requests.json", data=too_many, kind=FORM))[0] == 400
        assert (await client.post(f"{BASE}/requests.json", data=b"a=\xff", kind=FORM))[0] == 400


async def test_discovery_and_services_in_both_formats(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking(), public_url="https://311.example/") as client:
        client.key = ""  # anybody may look
        _, discovery, _ = await client.get(f"{BASE}/discovery.json")
        assert discovery["endpoints"][0]["url"] == "https://311.example/open311/v2"
        _, document, headers = await client.get(f"{BASE}/discovery.xml")
        assert headers["Content-Type"].startswith("text/xml")
        assert parsed(document).findtext("endpoints/endpoint/formats/format") == "text/xml"
        _, services, _ = await client.get(f"{BASE}/services.json")
        assert set(services[0]) == {
            "service_code", "service_name", "description", "metadata", "type", "keywords", "group",
        }  # fmt: skip
        _, document, _ = await client.get(f"{BASE}/services.xml")
        codes = [one.findtext("service_code") for one in parsed(document)]
        assert codes == [service["service_code"] for service in services]
        assert (await client.get(f"{BASE}/services/{RUBBISH}.json"))[:2] == (
            200, {"service_code": RUBBISH, "attributes": []},
        )  # fmt: skip
        assert (await client.get(f"{BASE}/services/none.json"))[0] == 404
        assert (await client.get(f"{BASE}/services.json", jurisdiction_id="nowhere"))[0] == 404
        assert (await client.get(f"{BASE}/services.yaml"))[0] == 404


async def test_a_token_is_the_id(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        told = (await client.get(f"{BASE}/tokens/311-20260302-0a.json", api_key=client.key))[:2]
        assert told == (200, [{"service_request_id": "311-20260302-0a", "token": "311-20260302-0a"}])
        assert (await client.get(f"{BASE}/tokens/W1.json"))[0] == 404


class Rows:
    """Stands for the warehouse."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows, self.questions = rows, []  # type: ignore[var-annotated]  # pairs of what was asked

    def query(self, sql: str, params: Any) -> list[tuple[Any, ...]]:
        self.questions.append((sql, params))
        return self.rows


ROW = ("hotline:311-20260302-0a", RUBBISH, "垃圾", "建设路", "990201001001", 114.279212, 33.200049, NOW, NOW - 5,
       NOW + 14_400_000, False, "环卫所")  # fmt: skip


async def test_requests_are_told_without_what_the_standard_does_not_ask_for(example_city: City) -> None:
    rows = Rows([ROW])
    [told] = await Asked(rows, Services(example_city)).requests(Wanted(ids=["311-20260302-0a"]))  # type: ignore[arg-type]  # stands in
    assert told == {
        "service_request_id": "311-20260302-0a", "status": "open", "status_notes": None, "service_name": "暴露垃圾",
        "service_code": RUBBISH, "description": "垃圾", "agency_responsible": "环卫所", "service_notice": None,
        "requested_datetime": "2026-09-21T22:13:20+08:00", "updated_datetime": "2026-09-21T22:13:20+08:00",
        "expected_datetime": "2026-09-22T02:13:20+08:00", "address": "建设路", "address_id": "990201001001",
        "zipcode": None, "lat": 33.2, "long": 114.279, "media_url": None,
    }  # fmt: skip
    [(sql, params)] = rows.questions
    assert "event_id IN ({id0:String})" in sql
    assert params["id0"] == "hotline:311-20260302-0a"


async def test_a_warehouse_that_is_away_is_said_with_the_time_to_wait(example_city: City) -> None:
    class Away:
        def query(self, *_: object) -> None:
            raise WarehouseUnavailable("away")

    with pytest.raises(Problem) as problem:
        await Asked(Away(), Services(example_city)).requests(Wanted())  # type: ignore[arg-type]  # stands in
    assert (problem.value.status, problem.value.headers()["Retry-After"]) == (503, "5")


async def test_requests_are_asked_for_as_the_standard_says(
    example_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[Wanted] = []

    async def requests(_: Asked, one: Wanted) -> list[Any]:
        wanted.append(one)
        return []

    monkeypatch.setattr(asking.Asked, "requests", requests)
    async with door(example_city, tmp_path, Taking()) as client:
        url = f"{BASE}/requests.json"
        assert (await client.get(url, service_request_id="311-1,311-2"))[:2] == (200, [])
        assert (await client.get(
            url, service_code="33001,33002", status="closed", start_date="2026-03-01T00:00:00Z",
            end_date="2026-03-02T00:00:00+08:00",
        ))[0] == 200  # fmt: skip
        assert (await client.get(f"{BASE}/requests/311-9.json"))[0] == 404
        for query in ({"status": "lost"}, {"start_date": "yesterday"}, {"service_request_id": "x," * 200}):
            assert (await client.get(url, **query))[0] == 400
    assert [one.ids for one in wanted] == [["311-1", "311-2"], [], ["311-9"]]
    assert (wanted[1].codes, wanted[1].status) == (["33001", "33002"], "closed")
    assert (when(wanted[1].since), when(wanted[1].until)) == ("2026-03-01T08:00:00+08:00", "2026-03-02T00:00:00+08:00")
    assert wanted[0].until - wanted[0].since == 90 * 86_400_000


def test_no_word_of_a_client_gets_into_the_sql() -> None:
    sql, params = _question(Wanted(ids=["'; DROP"], codes=["{x}"], status="open"))
    assert "DROP" not in sql
    assert "{x}" not in sql
    assert set(params.values()) >= {"hotline:'; DROP", "{x}"}


def test_moments_without_a_zone_are_the_citys() -> None:
    assert moment("2026-03-02T08:00:00") == moment("2026-03-02T00:00:00Z")


def test_a_number_is_made_of_client_day_and_words_only(example_city: City) -> None:
    services = Services(example_city)
    number = lambda form, client="c", now=NOW: call_of(form, services, client, now)["number"]  # noqa: E731
    assert number(POSTED) == number({**POSTED, "api_key": "x"}, now=NOW + 1000)
    assert number(POSTED) == number(dict(reversed(POSTED.items())))
    assert len({number(POSTED), number(POSTED, "d"), number(POSTED, now=NOW + 86_400_000),
                number(POSTED | {"lat": "33.2001"})}) == 4  # fmt: skip


def test_xml_holds_what_xml_can_hold() -> None:
    document = to_xml("services", [{"a": "x\x00\ud7ff\ufffe<&>", "b": None, "c": True, "d": 1.5}])
    [service] = parsed(document)
    assert {part.tag: part.text for part in service} == {"a": "x\ud7ff<&>", "b": None, "c": "true", "d": "1.5"}
