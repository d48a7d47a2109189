"""Feeds' records into reports: messy but usable values are cleaned, unusable ones refuse the record."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.core.localtime import from_ms, to_ms
from streams.core.normalise import normalise
from streams.errors import RefusedError
from tests.support.records import GRID_REPORT, HOTLINE_CALL, POLICE_ALERT

NOON = int(datetime(2024, 10, 1, 12, 30, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def refusal(feed, record):
    with pytest.raises(RefusedError) as refused:
        normalise(feed, record)
    return refused.value


def test_hotline_call():
    report = normalise("hotline", HOTLINE_CALL)
    assert report.feed == "hotline"
    assert report.number == "HX20241001000123"
    assert report.occurred_at == NOON
    assert report.codes == ("010203",)
    assert report.labels == ("供水", "公用事业", "城乡建设")
    assert report.text == "小区水管爆裂。小区门口自来水管爆裂，水流满地，影响出行。"
    assert (report.address, report.area, report.caller) == ("和谐路12号", "411602001001", "13800138000")
    assert (report.lon, report.lat, report.self_handled) == (114.65, 33.62, False)


def test_police_alert():
    report = normalise("police", POLICE_ALERT)
    assert report.parent == "J20241001000000"
    assert report.codes == ("300101", "300100", "300000")
    assert (report.lon, report.lat) == (114.65, 33.62)
    assert report.area == "411602001000"
    assert report.caller == "13800138000"


def test_grid_report():
    report = normalise("grid", GRID_REPORT)
    assert report.codes == ("33001",)
    assert report.area == "411602001001001"
    assert report.self_handled is True


def test_grid_worker_is_no_caller():
    assert normalise("grid", GRID_REPORT).caller == ""


@pytest.mark.parametrize(
    ("title", "detail", "text"),
    [
        ("停水", "三天了", "停水。三天了"),
        ("何时供水？", "三天了", "何时供水？三天了"),
        (None, "三天了", "三天了"),
        ("停水", "  ", "停水"),
        (None, None, ""),
    ],
)
def test_title_and_detail_become_one_text(title, detail, text):
    assert normalise("hotline", HOTLINE_CALL | {"title": title, "detail": detail}).text == text


def test_blanks_inside_and_around_codes_are_dropped():
    record = POLICE_ALERT | {"type_code_3": " 3001 01\t", "jurisdiction_code": "4116 02001000\u3000"}
    report = normalise("police", record)
    assert report.codes[0] == "300101"
    assert report.area == "411602001000"


def test_repeated_and_blank_tiers_are_dropped():
    record = POLICE_ALERT | {"type_code_4": "300101", "type_code_3": "300101", "type_code_2": " ", "type_code_1": None}
    assert normalise("police", record).codes == ("300101",)


def test_alarm_that_names_itself_as_parent_has_none():
    assert normalise("police", POLICE_ALERT | {"parent_number": POLICE_ALERT["number"]}).parent == ""


@pytest.mark.parametrize(
    ("scene", "found"),
    [
        ((114.7, 33.7), (114.7, 33.7)),
        ((0.0, 0.0), (114.6, 33.6)),
        ((None, 33.7), (114.6, 33.6)),
        ((math.nan, 33.7), (114.6, 33.6)),
        ((math.inf, 33.7), (114.6, 33.6)),
        ((999.0, 99.0), (114.6, 33.6)),
        ((0.0, 51.5), (0.0, 51.5)),
    ],
)
def test_scene_wins_over_the_caller_when_it_is_on_the_globe(scene, found):
    report = normalise("police", POLICE_ALERT | {"scene_lon": scene[0], "scene_lat": scene[1]})
    assert (report.lon, report.lat) == found


def test_no_coordinates_at_all():
    nowhere = dict.fromkeys(("scene_lon", "scene_lat", "caller_lon", "caller_lat"))
    report = normalise("police", POLICE_ALERT | nowhere)
    assert (report.lon, report.lat) == (None, None)


@pytest.mark.parametrize("number", ["", "  ", "\u3000", None])
def test_empty_number_is_missing(number):
    refused = refusal("hotline", HOTLINE_CALL | {"number": number})
    assert (refused.reason, "number" in refused.detail) == ("missing_field", True)


@pytest.mark.parametrize(("feed", "record", "key"), [
    ("hotline", HOTLINE_CALL, "call_time"),
    ("police", POLICE_ALERT, "alarm_time"),
    ("grid", GRID_REPORT, "report_time"),
])  # fmt: skip
def test_missing_and_impossible_times_are_refused(feed, record, key):
    assert refusal(feed, {k: v for k, v in record.items() if k != key}).reason == "missing_field"
    assert refusal(feed, record | {key: " "}).reason == "missing_field"
    refused = refusal(feed, record | {key: "20240230120000"})
    assert refused.reason == "bad_time"
    assert refused.detail == f"{key}: no such day: 2024-02-30"


@pytest.mark.parametrize("change", [
    {"number": 7}, {"number": "1" * 129}, {"title": 3.5}, {"class_code": ["1"]}, {"call_time": 20241001123000},
])  # fmt: skip
def test_values_of_the_wrong_kind_are_refused(change):
    assert refusal("hotline", HOTLINE_CALL | change).reason == "bad_value"


def test_coordinates_that_are_no_numbers_are_refused():
    refused = refusal("grid", GRID_REPORT | {"lon": "114.65"})
    assert (refused.reason, refused.detail) == ("bad_value", "lon, lat are no numbers")


def test_refusals_show_no_personal_data():
    refused = refusal("hotline", HOTLINE_CALL | {"call_time": "张三13800138000"})
    assert "138" not in str(refused)
    assert "张三" not in str(refused)


@pytest.mark.parametrize("text", [
    "", "2024-10-01 12:30", "2024100112300", "202410011230000", "20241301120000", "20240231120000", "20230229120000",
    "20241001240000", "20241001126000", "20241001120060", "00000000000000", "19911231235959", "21000101000000",
    "２０２４１００１１２３０００", "2024100112300x", "-2024100112300",
])  # fmt: skip
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match=r"form|time|day|year"):
        to_ms(text)


@pytest.mark.parametrize("text", ["19920101000000", "20240229235959", "20240301000000", "20991231235959"])
def test_local_times_are_those_of_the_zone_there_and_back(text):
    moment = datetime.strptime(f"{text}+0800", "%Y%m%d%H%M%S%z")
    assert moment.astimezone(ZoneInfo("Asia/Shanghai")).utcoffset() == moment.utcoffset()
    assert to_ms(text) == moment.timestamp() * 1000
    assert from_ms(to_ms(text)) == text
    assert from_ms(to_ms(text) + 999) == text


@pytest.mark.parametrize("ms", [0, -1, 10**15, 4_102_416_000_000])
def test_moments_outside_the_believable_years_have_no_local_string(ms):
    with pytest.raises(ValueError, match="outside the years"):
        from_ms(ms)
