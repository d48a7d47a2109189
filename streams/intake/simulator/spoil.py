"""Records as broken as some are: what intake must turn into dead letters, each with the reason that it must give."""

from __future__ import annotations

from random import Random
from typing import Literal

from streams.flow.topics import GRID_REPORTS, HOTLINE_CALLS, POLICE_ALERTS
from streams.intake.simulator.telling import Record

Spoiled = Literal["", "truncated", "random", "foreign", "bad_time", "no_number", "unknown_area", "outside_city"]

_TIME = {POLICE_ALERTS: "alarm_time", HOTLINE_CALLS: "call_time", GRID_REPORTS: "report_time"}
_AREA = {POLICE_ALERTS: "jurisdiction_code", HOTLINE_CALLS: "area_code", GRID_REPORTS: "grid_code"}
_POINTS = ("scene_lon", "scene_lat", "caller_lon", "caller_lat", "lon", "lat")
_WAYS: tuple[Spoiled, ...] = ("truncated", "random", "foreign", "bad_time", "no_number", "unknown_area", "outside_city")


def spoil(topic: str, record: Record, rng: Random) -> tuple[Spoiled, Record]:
    """Choose a way to break a record of a feed's topic (not of all-clears) and do it; bytes are broken by `encoded`."""
    way = _WAYS[int(rng.random() * len(_WAYS))]
    broken = dict(record)
    if way == "bad_time":
        broken[_TIME[topic]] = rng.choice(("20261399256199", "00000000000000", "昨天下午", ""))
    elif way == "no_number":
        broken["number"] = ""
    elif way == "unknown_area":
        _nowhere(topic, broken, 0.0)
        broken[_AREA[topic]] = "999999999999"
    elif way == "outside_city" and topic != HOTLINE_CALLS:
        _nowhere(topic, broken, 12.5)  # somewhere in the Gulf of Guinea's neighbourhood, surely not in the city
    elif way == "outside_city":
        return spoil(topic, record, rng)  # calls have no coordinates: choose another way
    return way, broken


def _nowhere(topic: str, record: Record, degrees: float) -> None:
    """Leave nothing that would place the record, but these coordinates (0 stands for none)."""
    record.update((name, degrees) for name in _POINTS if name in record)
    record[_AREA[topic]] = None
    record["text"] = record["title"] = record["detail"] = "有事请处理"
    if "address" in record:
        record["address"] = None
    for surplus in {"text", "title", "detail"} - _TEXTS[topic]:
        del record[surplus]


_TEXTS = {POLICE_ALERTS: {"text"}, HOTLINE_CALLS: {"title", "detail"}, GRID_REPORTS: {"text"}}


def broken_bytes(way: Spoiled, value: bytes, seed: str) -> bytes:
    """The bytes of a record that is broken as bytes; unchanged for the other ways."""
    if way == "truncated":
        return value[: max(1, len(value) * 2 // 3)]
    return Random(seed).randbytes(40) if way == "random" else value  # noqa: S311 - made-up bytes, the same from the same seed
