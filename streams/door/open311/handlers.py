"""`/open311/v2`: discovery, services, requests, tokens (wiki.open311.org, GeoReport v2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from streams.door.bodies import FORM, body_of
from streams.door.gate import Gate
from streams.door.judge import field_of
from streams.door.keyring import OPEN311, Key
from streams.door.open311.asked import DAYS, Asked, Wanted, moment
from streams.door.open311.form import PREFIX, call_of, read_form
from streams.door.open311.render import answer
from streams.door.open311.services import Services
from streams.door.problems import Fault, Problem, malformed
from streams.door.shapes import HotlineCall
from streams.errors import RefusedError

BASE = "/open311/v2"
CHANGED = "2026-01-01T00:00:00+08:00"  # of this interface
_MOST_IDS = 100
_FORM_BYTES = 262_144  # a longest text, percent-encoded; whose form it is, is known only when it is read
_FIELDS = frozenset(HotlineCall.__struct_fields__)
#: What the hotline's fields are called in an Open311 form.
_CALLED = {"lon": "long", "detail": "description", "address": "address_string", "area_code": "address_id"}
Origin = Callable[[web.Request], str]


class Open311:
    """The handlers of GeoReport v2."""

    def __init__(self, gate: Gate, services: Services, asked: Asked, jurisdiction: str, origin: Origin) -> None:
        """`jurisdiction` is the city's code; `origin` says under which address a request reached us."""
        self._gate, self._services, self._asked = gate, services, asked
        self._jurisdiction, self._origin = jurisdiction, origin

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        suffix = "{format:\\.(?:json|xml)}"
        return [
            web.get(f"{BASE}/discovery{suffix}", self.discovery),
            web.get(f"{BASE}/services{suffix}", self.services),
            web.get(f"{BASE}/services/{{code:[^/]+?}}{suffix}", self.service),
            web.get(f"{BASE}/requests{suffix}", self.requests),
            web.post(f"{BASE}/requests{suffix}", self.file),
            web.get(f"{BASE}/requests/{{id:[^/]+?}}{suffix}", self.request),
            web.get(f"{BASE}/tokens/{{token:[^/]+?}}{suffix}", self.token),
        ]

    async def discovery(self, request: web.Request) -> web.Response:
        """Where the service is and what it speaks."""
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2", "url": self._origin(request) + BASE,
            "changeset": CHANGED, "type": "production", "formats": ["text/xml", "application/json"],
        }  # fmt: skip
        told = {"changeset": CHANGED, "contact": "", "key_service": "", "endpoints": [endpoint]}
        return answer("discovery", told, xml=_xml(request))

    async def services(self, request: web.Request) -> web.Response:
        """The catalogue."""
        self._check_jurisdiction(request.query)
        return answer("services", self._services.listed(), xml=_xml(request))

    async def service(self, request: web.Request) -> web.Response:
        """One service's further questions: none."""
        self._check_jurisdiction(request.query)
        found = self._services.definition(request.match_info["code"])
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "service", "service_code was not found")
        return answer("service_definition", found, xml=_xml(request))

    async def file(self, request: web.Request) -> web.Response:
        """A new request: a call of the hotline."""
        async with body_of(request, self._gate.room, _FORM_BYTES, (FORM,)) as body:
            form = {**request.query, **read_form(body)}
            key = self._client(request, form)
            self._check_jurisdiction(form)
            self._gate.spend(key, 1)
            number = await self._send(form, key)
        told = [{"service_request_id": number, "service_notice": None, "account_id": None}]
        return answer("service_requests", told, xml=_xml(request), status=HTTPStatus.CREATED)

    async def requests(self, request: web.Request) -> web.Response:
        """Requests by id, or by time, kind and status."""
        query = request.query
        self._ask(request)
        return answer("service_requests", await self._asked.requests(_wanted(query)), xml=_xml(request))

    async def request(self, request: web.Request) -> web.Response:
        """One request."""
        self._ask(request)
        found = await self._asked.requests(Wanted(ids=[request.match_info["id"]]))
        if not found:
            raise Problem(HTTPStatus.NOT_FOUND, "request", "service_request_id was not found")
        return answer("service_requests", found, xml=_xml(request))

    async def token(self, request: web.Request) -> web.Response:
        """The id behind a token: ids are given at once, so a token is the id itself."""
        self._ask(request)
        token = request.match_info["token"]
        if not token.startswith(PREFIX):
            raise Problem(HTTPStatus.NOT_FOUND, "token", "token was not found")
        return answer("service_requests", [{"service_request_id": token, "token": token}], xml=_xml(request))

    async def _send(self, form: Mapping[str, str], key: Key) -> str:
        now = int(time.time() * 1000)
        try:
            record = call_of(form, self._services, key.name, now)
            passed = self._gate.judge.report_of("hotline", record, now)
        except RefusedError as error:
            field = field_of(error, "hotline", _FIELDS | {"lat", "long"})
            self._gate.refuse([Fault(error.reason, error.detail, _CALLED.get(field, field))], 1)
        await self._gate.send([passed])
        return str(record["number"])

    def _ask(self, request: web.Request) -> None:
        self._gate.spend(self._client(request, request.query), 1)
        self._check_jurisdiction(request.query)

    def _client(self, request: web.Request, told: Mapping[str, str]) -> Key:
        api_key = told.get("api_key", "")
        key = self._gate.client_with(api_key) if api_key else self._gate.client(request)
        self._gate.allow(key, OPEN311)
        return key

    def _check_jurisdiction(self, told: Mapping[str, str]) -> None:
        if told.get("jurisdiction_id", "") not in ("", self._jurisdiction):
            raise Problem(HTTPStatus.NOT_FOUND, "jurisdiction", "jurisdiction_id was not found")


def _wanted(query: Mapping[str, str]) -> Wanted:
    ids = [one for one in query.get("service_request_id", "").split(",") if one]
    codes = [one for one in query.get("service_code", "").split(",") if one]
    status = query.get("status", "")
    if len(ids) > _MOST_IDS or len(codes) > _MOST_IDS:
        raise malformed(f"at most {_MOST_IDS} ids or codes are asked for at once")
    if status not in ("", "open", "closed", "open,closed", "closed,open"):
        raise malformed("status: open or closed")
    until = _moment(query, "end_date", int(time.time() * 1000))
    since = _moment(query, "start_date", until - DAYS * 86_400_000)
    return Wanted(ids, codes, since, until, "" if "," in status else status)


def _moment(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name, "")
    try:
        return moment(text) if text else otherwise
    except (ValueError, OverflowError):
        raise malformed(f"{name}: a date and time like 2026-03-02T08:00:00+08:00") from None


def _xml(request: web.Request) -> bool:
    return request.match_info["format"] == ".xml"
