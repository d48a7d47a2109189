"""An Open311 request as a call of the hotline."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from streams.core.localtime import from_ms
from streams.door.open311.services import Services
from streams.door.problems import Fault, Problem, malformed
from streams.errors import RefusedError

PREFIX = "311-"
_MOST_FIELDS = 100
_CALLERS = ("account_id", "phone", "email", "device_id")  # the first one that is told is the caller


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; of one that comes twice the last. Raises Problem 400."""
    try:
        text = body.decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError:  # also UnicodeDecodeError
        raise malformed(f"no form in UTF-8 of at most {_MOST_FIELDS} fields") from None


def call_of(form: Mapping[str, str], services: Services, client: str, now: int) -> dict[str, object]:
    """The record of a hotline call at `now` (ms UTC).

    Open311 has no source number. The number is made of the client, the day and everything that was told, so a form
    that is sent again on the same day is the same report. Names are not kept, nor is a link to a picture.

    Raises Problem 400 and 404, RefusedError for a coordinate that is no number.
    """
    code = form.get("service_code", "").strip()
    if not code:
        raise _missing("service_code", "service_code was not provided")
    classes = services.classes(code)
    if classes is None:
        raise Problem(HTTPStatus.NOT_FOUND, "service", "service_code was not found")
    address, area = form.get("address_string", "").strip(), form.get("address_id", "").strip()
    lat, lon = _degrees(form, "lat"), _degrees(form, "long")
    if not (address or area or (lat is not None and lon is not None)):
        raise _missing("lat", "a place is needed: lat and long, address_string, or address_id")
    return {
        "number": _number(form, client, now), "call_time": from_ms(now), **classes,
        "detail": form.get("description", ""), "address": address or None, "area_code": area or None,
        "lon": lon, "lat": lat, "caller": next((form[name] for name in _CALLERS if form.get(name)), None),
    }  # fmt: skip


def _number(form: Mapping[str, str], client: str, now: int) -> str:
    day = from_ms(now)[:8]
    told = sorted((name, value) for name, value in form.items() if name not in ("api_key", "jurisdiction_id"))
    return f"{PREFIX}{day}-{hashlib.sha256(repr((client, day, told)).encode()).hexdigest()[:20]}"


def _degrees(form: Mapping[str, str], name: str) -> float | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise RefusedError("bad_value", f"{name}: no number") from None


def _missing(field: str, detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "refused", detail, [Fault("missing_field", detail, field)])
