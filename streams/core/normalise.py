"""One record of a feed, in whatever words its source uses, becomes a `Report`.

Field names are those of the schemas HotlineCall, PoliceAlert and GridReport. Values that only help (a blank code, a
coordinate off the globe) are dropped; values that a report cannot be without (number, time) refuse the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.core.event import WISHES, Feed, Report
from streams.core.localtime import to_ms
from streams.errors import RefusedError

Record = Mapping[str, object]

_NUMBER_LENGTH = 128  # a longer number is no number: it would be carried through every topic and table as the id
_SENTENCE_ENDS = "。！？!?…；;.，,"


def normalise(feed: Feed, record: Record) -> Report:
    """The report in `record`, as decoded from the schema of `feed`.

    Raises RefusedError: "missing_field" without number or time, "bad_time" for a time that does not exist or is not
    yyyyMMddHHmmss, "bad_value" for a field of the wrong type or a number of over 128 characters.
    """
    return _NORMALISE[feed](record)


def _hotline(record: Record) -> Report:
    lon, lat = _coordinates(record, "lon", "lat")
    return Report(
        feed="hotline",
        number=_number(record),
        occurred_at=_time(record, "call_time"),
        codes=_codes(_text(record, "class_code")),
        labels=tuple(name for key in ("class_3", "class_2", "class_1") if (name := _text(record, key))),
        text=_joined(_text(record, "title"), _text(record, "detail")),
        address=_text(record, "address"),
        area=_code(_text(record, "area_code")),
        lon=lon,
        lat=lat,
        caller=_text(record, "caller"),
        wish=wish if (wish := _text(record, "kind")) in WISHES else "",
    )


def _police(record: Record) -> Report:
    number, parent = _number(record), _text(record, "parent_number")
    lon, lat = _coordinates(record, "scene_lon", "scene_lat")
    if lon is None:
        lon, lat = _coordinates(record, "caller_lon", "caller_lat")
    return Report(
        feed="police",
        number=number,
        occurred_at=_time(record, "alarm_time"),
        parent="" if parent == number else parent,  # the head of a family of alarms often names itself
        codes=_codes(
            _text(record, "type_code_4"),
            _text(record, "type_code_3"),
            _text(record, "type_code_2"),
            _text(record, "type_code_1"),
        ),
        text=_text(record, "text"),
        address=_text(record, "address"),
        area=_code(_text(record, "jurisdiction_code")),
        lon=lon,
        lat=lat,
        caller=_text(record, "caller_phone"),
    )


def _grid(record: Record) -> Report:
    lon, lat = _coordinates(record, "lon", "lat")
    return Report(  # the worker is no caller: his reports are duty, not repeated appeals, and nothing counts them
        feed="grid",
        number=_number(record),
        occurred_at=_time(record, "report_time"),
        codes=_codes(_text(record, "item_code")),
        text=_text(record, "text"),
        area=_code(_text(record, "grid_code")),
        lon=lon,
        lat=lat,
        self_handled=record.get("self_handled") is True,
    )


_NORMALISE: dict[Feed, Callable[[Record], Report]] = {"hotline": _hotline, "police": _police, "grid": _grid}


def _number(record: Record) -> str:
    number = _text(record, "number")
    if not number:
        raise RefusedError("missing_field", "number is missing or empty")
    if len(number) > _NUMBER_LENGTH:
        raise RefusedError("bad_value", f"number has {len(number)} characters, at most {_NUMBER_LENGTH} are believable")
    return number


def _time(record: Record, key: str) -> int:
    text = _text(record, key)
    if not text:
        raise RefusedError("missing_field", f"{key} is missing or empty")
    try:
        return to_ms(text)
    except ValueError as error:
        raise RefusedError("bad_time", f"{key}: {error}") from None


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusedError("bad_value", f"{key} is no text")
    return value.strip()


def _code(text: str) -> str:
    return text if text.isalnum() else "".join(text.split())  # real tables carry stray blanks inside codes


def _codes(*specific_first: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_code(code) for code in specific_first if code))


def _joined(title: str, detail: str) -> str:
    if not title or not detail:
        return title or detail
    return f"{title}{detail}" if title[-1] in _SENTENCE_ENDS else f"{title}。{detail}"


def _coordinates(record: Record, lon_key: str, lat_key: str) -> tuple[float | None, float | None]:
    lon, lat = record.get(lon_key), record.get(lat_key)
    if lon is None or lat is None:
        return None, None
    if not isinstance(lon, int | float) or not isinstance(lat, int | float):
        raise RefusedError("bad_value", f"{lon_key}, {lat_key} are no numbers")
    # also false for NaN; 0, 0 is what devices send without a fix
    on_globe = -180 <= lon <= 180 and -90 <= lat <= 90 and not (lon == 0 and lat == 0)
    return (float(lon), float(lat)) if on_globe else (None, None)
