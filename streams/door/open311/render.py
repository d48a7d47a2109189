"""Answers of Open311, in JSON and in XML."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from aiohttp import web

from streams.door.problems import Problem

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0
#: What an element of each list is called in XML; `service_requests` is the standard's name for the list of requests.
_ONE_OF = {
    "services": "service", "service_requests": "request", "errors": "error", "endpoints": "endpoint",
    "formats": "format", "attributes": "attribute",
}  # fmt: skip
_OPEN311_STATUS = {
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED: HTTPStatus.FORBIDDEN,
}


def answer(name: str, value: Any, *, xml: bool, status: HTTPStatus = HTTPStatus.OK) -> web.Response:  # noqa: ANN401 - JSON
    """`value` as JSON, or as XML under a root element `name`."""
    if xml:
        return web.Response(body=to_xml(name, value), status=status, content_type="text/xml", charset="utf-8")
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def problem_answer(problem: Problem, *, xml: bool) -> web.Response:
    """A problem as the standard has it: a list of codes and descriptions; a missing key is a 403, a bad value a 400."""
    status = _OPEN311_STATUS.get(problem.status, problem.status)
    told = [f"{fault.field}: {fault.detail}" if fault.field else fault.detail for fault in problem.faults]
    errors = [{"code": int(status), "description": text} for text in told or [problem.message]]
    response = answer("errors", errors, xml=xml, status=status)
    response.headers.update({name: value for name, value in problem.headers().items() if name == "Retry-After"})
    return response


def to_xml(name: str, value: Any) -> bytes:  # noqa: ANN401 - JSON
    """A JSON value as an XML document."""
    encoded: bytes = ET.tostring(_element(name, value), encoding="utf-8", xml_declaration=True)
    return encoded


def _element(name: str, value: Any) -> ET.Element:  # noqa: ANN401 - JSON
    element = ET.Element(name)
    if isinstance(value, dict):
        element.extend(_element(key, part) for key, part in value.items())
    elif isinstance(value, list):
        element.extend(_element(_ONE_OF[name], part) for part in value)
    elif value is not None:
        element.text = _clean(str(value).lower() if isinstance(value, bool) else str(value))
    return element


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)
